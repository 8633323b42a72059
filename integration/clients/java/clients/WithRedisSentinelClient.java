package clients;

import static clients.Told.MASTER;
import static clients.Told.REDIS_PASSWORD;
import static clients.Told.SENTINELS;
import static clients.Told.SENTINEL_PASSWORD;

import clients.Loop.Client;
import clients.Loop.Write;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.JedisClientConfig;
import redis.clients.jedis.RedisSentinelClient;

/** Jedis 7 and 8: RedisSentinelClient, the successor of the pool. */
final class WithRedisSentinelClient {
  public static void main(String[] args) throws Exception {
    Loop.run("redis.clients/jedis", WithRedisSentinelClient::connect);
  }

  private static Client connect() throws Exception {
    JedisClientConfig redis = JedisSecrets.with(REDIS_PASSWORD);
    JedisClientConfig sentinel = JedisSecrets.with(SENTINEL_PASSWORD);
    // snippet
    // "dev-redis-cache-sentinel:26379", and commas between several
    Set<HostAndPort> sentinels =
        Stream.of(SENTINELS.split(",")).map(HostAndPort::from).collect(Collectors.toSet());
    RedisSentinelClient jedis =
        RedisSentinelClient.builder()
            .masterName(MASTER)
            .sentinels(sentinels)
            .clientConfig(redis) // DefaultJedisClientConfig.builder().password(...).build()
            .sentinelClientConfig(sentinel)
            .build();

    Write write = (key, value) -> jedis.set(key, value);
    // end
    return new Client(write, null);
  }
}
