<?php

declare(strict_types=1);

// predis: mode default writes; mode replica reads through a second client, too. A client
// that has written stays with the master, so that reads from replicas need one of their own.

require 'Predis/Autoloader.php';
require __DIR__ . '/loop.php';
require __DIR__ . '/parameters.php';

Predis\Autoloader::register();

$settings = new Settings();
$mode = $argv[1] ?? '';

write_loop(Predis\Client::VERSION, $settings, static function () use ($settings, $mode): array {
    $master = $settings->master;
    $sentinels = array_map(static fn (array $address): array => array_filter([
        'host' => $address[0],
        'port' => $address[1],
        'password' => $settings->sentinelPassword, // predis 1 sends none
    ]), $settings->sentinels);
    $parameters = parameters($settings);

    // snippet
    $options = [
        'replication' => 'sentinel',
        'service' => $master,
        'parameters' => $parameters, // of Redis, such as ['password' => '...']
    ];
    $redis = new Predis\Client($sentinels, $options);
    $set = static fn (string $key, int $value) => $redis->set($key, $value);
    // end

    $write = static function (string $key, int $value) use ($set): void {
        try {
            $set($key, $value);
        } catch (Predis\ClientException $exception) {
            // It strikes every Sentinel off its list that did not answer once. With none
            // left it is lost, as the worker would be that does not start again.
            throw new ClientLost('no Sentinel is left', 0, $exception);
        }
    };
    if ($mode !== 'replica') {
        return [$write, null];
    }
    $replicas = new Predis\Client($sentinels, $options);
    return [$write, static function (string $key) use (&$replicas, $sentinels, $options): void {
        try {
            $replicas->get($key);
        } catch (Predis\ClientException $exception) {
            $replicas = new Predis\Client($sentinels, $options);
            throw $exception;
        }
    }];
});
