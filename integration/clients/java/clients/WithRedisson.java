package clients;

import static clients.Told.MASTER;
import static clients.Told.REDIS_PASSWORD;
import static clients.Told.SENTINELS;
import static clients.Told.SENTINEL_PASSWORD;
import static clients.Told.TLS;

import clients.Loop.Client;
import clients.Loop.Read;
import clients.Loop.Write;
import org.redisson.Redisson;
import org.redisson.api.RedissonClient;
import org.redisson.client.codec.StringCodec;
import org.redisson.config.Config;
import org.redisson.config.SentinelServersConfig;

/** Redisson. By default it reads from replicas. */
final class WithRedisson {
  public static void main(String[] args) throws Exception {
    Loop.run("org.redisson/redisson", WithRedisson::connect);
  }

  private static Client connect() throws Exception {
    String scheme = TLS ? "rediss://" : "redis://";
    // snippet
    Config config = new Config();
    SentinelServersConfig servers = config.useSentinelServers().setMasterName(MASTER);
    for (String sentinel : SENTINELS.split(",")) {
      servers.addSentinelAddress(scheme + sentinel); // redis://dev-redis-cache-sentinel:26379
    }
    addSecrets(config, servers);
    RedissonClient redisson = Redisson.create(config);

    Write write = (key, value) -> redisson.getBucket(key, StringCodec.INSTANCE).set(value);
    // end
    Read read = key -> redisson.getBucket(key, StringCodec.INSTANCE).get();
    return new Client(write, read);
  }

  private static void addSecrets(Config config, SentinelServersConfig servers) throws Exception {
    config.setPassword(REDIS_PASSWORD);
    servers.setSentinelPassword(SENTINEL_PASSWORD);
    if (TLS) {
      config.setSslTrustManagerFactory(Told.trust());
    }
  }
}
