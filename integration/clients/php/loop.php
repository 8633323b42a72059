<?php

declare(strict_types=1);

// What both programs share: the settings from the environment and the loop that
// writes, one value after the other, and tells what became of each.

ini_set('display_errors', 'stderr'); // warnings are not among the lines

final class Settings
{
    /** @var list<array{0: string, 1: int}> */
    public readonly array $sentinels;
    public readonly string $master;
    public readonly string $name;
    public readonly string $sentinelPassword;
    public readonly string $redisPassword;
    public readonly string $caFile;
    public readonly string $hold;
    public readonly int $pause;

    public function __construct()
    {
        $this->sentinels = array_map(static function (string $address): array {
            $colon = strrpos($address, ':');
            return [substr($address, 0, $colon), (int) substr($address, $colon + 1)];
        }, explode(',', getenv('SENTINELS')));
        $this->master = getenv('MASTER');
        $this->name = getenv('NAME');
        $this->sentinelPassword = (string) getenv('SENTINEL_PASSWORD');
        $this->redisPassword = (string) getenv('REDIS_PASSWORD');
        $this->caFile = (string) getenv('CA_FILE');
        $this->hold = (string) getenv('HOLD');
        $this->pause = (int) (getenv('PAUSE') ?: 25);
    }
}

/** What a program throws when its client is of no use any more; a supervisor would restart it. */
final class ClientLost extends RuntimeException
{
}

/**
 * Writes for ever. $connect returns [write(key, value), read(key) or null].
 */
function write_loop(string $version, Settings $settings, callable $connect): never
{
    say("version $version");
    [$write, $read] = connect_until_done($connect);
    $acknowledged = null;
    for ($n = 1; ; $n++) {
        while ($settings->hold !== '' && is_held($settings->hold)) {
            usleep(5000);
        }
        try {
            $write("$settings->name:$n", $n);
            say("ok $n " . micros());
            $acknowledged = $n;
        } catch (ClientLost $lost) {
            say("error $n " . micros() . ' ' . in_a_line($lost->getPrevious()));
            sleep(1);
            [$write, $read] = connect_until_done($connect);
        } catch (Throwable $error) {
            say("error $n " . micros() . ' ' . in_a_line($error));
        }
        if ($read !== null && $acknowledged !== null) {
            read_once($read, "$settings->name:$acknowledged");
        }
        usleep($settings->pause * 1000);
    }
}

function connect_until_done(callable $connect): array
{
    while (true) {
        try {
            return $connect();
        } catch (Throwable $error) {
            say('error 0 ' . micros() . ' ' . in_a_line($error));
            sleep(1);
        }
    }
}

function read_once(callable $read, string $key): void
{
    try {
        $read($key);
        say('read ' . micros());
    } catch (Throwable $error) {
        say('read-error ' . micros() . ' ' . in_a_line($error));
    }
}

function is_held(string $file): bool
{
    clearstatcache(true, $file);
    return file_exists($file);
}

function say(string $line): void
{
    // Nobody listens any more: the harness is gone, and so is the reason to go on.
    if (@fwrite(STDOUT, "$line\n") === false) {
        exit(0);
    }
    fflush(STDOUT);
}

function micros(): int
{
    return (int) (microtime(true) * 1e6);
}

function in_a_line(Throwable $error): string
{
    $text = get_class($error) . ': ' . $error->getMessage();
    return substr(preg_replace('/\s+/', ' ', $text), 0, 200);
}
