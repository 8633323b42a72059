package clients;

import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.JedisClientConfig;

/** Password and TLS for Jedis. */
final class JedisSecrets {
  static JedisClientConfig with(String password) throws Exception {
    DefaultJedisClientConfig.Builder config = DefaultJedisClientConfig.builder().password(password);
    if (Told.TLS) {
      config.ssl(true).sslSocketFactory(Told.sockets());
    }
    return config.build();
  }

  private JedisSecrets() {}
}
