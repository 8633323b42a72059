<?php

declare(strict_types=1);

// phpredis: RedisSentinel tells the master, and the application connects to it.

require __DIR__ . '/loop.php';

$settings = new Settings();
if ($settings->caFile !== '') {
    // RedisSentinel takes no authority, it trusts those of the system: this names ours.
    putenv("SSL_CERT_FILE=$settings->caFile");
}

// snippet
function connect(array $sentinels, string $master, ?string $password, array $sentinelOptions): Redis
{
    foreach ($sentinels as [$host, $port]) { // a host is 'tls://...' for TLS
        try {
            $sentinel = new RedisSentinel($host, $port, ...$sentinelOptions);
            $address = $sentinel->getMasterAddrByName($master);
        } catch (RedisException) {
            continue; // the next one may answer
        }
        if ($address) {
            $redis = new Redis();
            $redis->connect(tls() . $address[0], (int) $address[1]);
            $password === null || $redis->auth($password);
            return $redis;
        }
    }
    throw new RedisException("no Sentinel told the master $master");
}

/** A connection stays with one server: after an error ask the Sentinels again. */
function set(?Redis &$redis, callable $connect, string $key, int $value): void
{
    try {
        $redis ??= $connect();
        $redis->set($key, $value) || throw new RedisException($redis->getLastError());
    } catch (RedisException $exception) {
        $redis = null;
        throw $exception;
    }
}
// end

function tls(): string
{
    return getenv('CA_FILE') ? 'tls://' : '';
}

write_loop(phpversion('redis'), $settings, static function () use ($settings): array {
    $sentinels = array_map(static fn (array $address): array => [tls() . $address[0], $address[1]], $settings->sentinels);
    $password = $settings->redisPassword === '' ? null : $settings->redisPassword;
    // The password is the last of the arguments, and an empty one is sent, too.
    $options = $settings->sentinelPassword === '' ? [] : [0, null, 0, 0, $settings->sentinelPassword];
    $connect = static fn (): Redis => connect($sentinels, $settings->master, $password, $options);
    $redis = null;
    return [static function (string $key, int $value) use (&$redis, $connect): void {
        set($redis, $connect, $key, $value);
    }, null];
});
