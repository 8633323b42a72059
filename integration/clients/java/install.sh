#!/usr/bin/env bash
# Brings the pinned libraries from Maven's repository into the folder that is given,
# each profile of pom.xml into a folder of its own, and compiles the programs there.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=${1:?usage: install.sh <cache folder>}

for tool in java javac mvn; do
  if ! command -v "$tool" >/dev/null; then
    echo "$tool is missing: install a JDK of Java 17 or newer, and Maven" >&2
    exit 3
  fi
done
if [ "$(javac -version 2>&1 | sed 's/javac \([0-9]*\).*/\1/')" -lt 17 ]; then
  echo "javac is missing: found $(javac -version 2>&1), needed is Java 17 or newer" >&2
  exit 3
fi

# install <profile> <programs>...
install() {
  local profile=$1 folder=$cache/$1
  shift
  if ! cmp -s "$here/pom.xml" "$folder/installed"; then
    echo "installing Java libraries into $folder"
    rm -rf "$folder"
    mkdir -p "$folder"
    mvn -q -B -Dstyle.color=never -f "$here/pom.xml" -P "$profile" dependency:copy-dependencies \
      -DincludeScope=runtime -DoutputDirectory="$folder"
    cp "$here/pom.xml" "$folder/installed"
  fi
  if ! cat "${@/#/$here/clients/}" | cmp -s - "$folder/compiled"; then
    rm -rf "$folder/classes" "$folder/compiled"
    javac -XDsuppressNotes -d "$folder/classes" -cp "$folder/*" "${@/#/$here/clients/}"
    cat "${@/#/$here/clients/}" >"$folder/compiled"
  fi
}

common=(Loop.java Told.java)
install jedis-5 "${common[@]}" JedisSecrets.java WithJedisSentinelPool.java WithJedisSentineled.java
install jedis-7 "${common[@]}" JedisSecrets.java WithJedisSentinelPool.java WithRedisSentinelClient.java
install jedis-8 "${common[@]}" JedisSecrets.java WithRedisSentinelClient.java
install lettuce "${common[@]}" WithLettuce.java
install redisson "${common[@]}" WithRedisson.java
install spring-data "${common[@]}" WithSpringData.java
