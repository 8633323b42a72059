#!/usr/bin/env bash
# Makes sure that PHP with predis and phpredis is there, all from Debian.
set -euo pipefail
cd "$(dirname "$0")"

exec ../tools/debian.sh \
  "php -r 'require \"Predis/Autoloader.php\"; exit(class_exists(\"RedisSentinel\") ? 0 : 1);'" \
  php-cli php-predis php-redis
