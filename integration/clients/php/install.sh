#!/usr/bin/env bash
# Makes sure that PHP with predis and phpredis is there, from Debian, and brings a newer
# predis and Laravel's Redis out of the release after its current one: these are plain PHP.
set -euo pipefail
cd "$(dirname "$0")"
cache=${1:?usage: install.sh <cache folder>}

../tools/debian.sh \
  "php -r 'require \"Predis/Autoloader.php\"; exit(class_exists(\"RedisSentinel\") ? 0 : 1);'" \
  php-cli php-predis php-redis
laravel=()
for part in collections conditionable contracts macroable redis support; do
  laravel+=("php-illuminate-$part=10.48.29")
done
../tools/suite.sh "$cache/trixie" trixie php-predis=2.4.0 "${laravel[@]}"
