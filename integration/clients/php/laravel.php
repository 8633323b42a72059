<?php

declare(strict_types=1);

// Laravel's Redis, which the Redis facade, its cache and its queues use. Of its two drivers
// the one on predis knows Sentinel; that on phpredis does not.

require 'Predis/Autoloader.php';
require __DIR__ . '/loop.php';
require __DIR__ . '/parameters.php';

Predis\Autoloader::register();
// As composer's: parts of Illuminate\Support have folders of their own.
spl_autoload_register(static function (string $class): void {
    $file = strtr($class, '\\', '/') . '.php';
    foreach (['Support', 'Collections', 'Macroable', 'Conditionable'] as $part) {
        $path = stream_resolve_include_path(preg_replace('#^Illuminate/Support/#', "Illuminate/$part/", $file));
        if ($path !== false) {
            require $path;
            return;
        }
    }
});
require 'Illuminate/Collections/helpers.php';
require 'Illuminate/Support/helpers.php';

$settings = new Settings();

write_loop('on predis ' . Predis\Client::VERSION, $settings, static function () use ($settings): array {
    $master = $settings->master;
    $parameters = parameters($settings);
    $sentinels = array_map(static fn (array $address): array => array_filter([
        'host' => $address[0],
        'port' => $address[1],
        'password' => $settings->sentinelPassword,
    ]), $settings->sentinels);

    // snippet
    $config = [ // 'redis' in config/database.php
        'client' => 'predis',
        'default' => [
            ...$sentinels, // ['host' => '...', 'port' => 26379], with 'password' => '...' if they want one
            'options' => [
                'replication' => 'sentinel',
                'service' => $master,
                'parameters' => $parameters, // of Redis, such as ['password' => '...']
            ],
        ],
    ];
    // end

    // What the facade Redis stands for.
    $redis = new Illuminate\Redis\RedisManager(null, $config['client'], $config);
    return [static function (string $key, int $value) use ($redis): void {
        $redis->connection()->set($key, $value);
    }, null];
});
