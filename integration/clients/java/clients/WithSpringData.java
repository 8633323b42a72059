package clients;

import static clients.Told.MASTER;
import static clients.Told.REDIS_PASSWORD;
import static clients.Told.SENTINELS;
import static clients.Told.SENTINEL_PASSWORD;
import static clients.Told.TLS;

import clients.Loop.Client;
import clients.Loop.Read;
import clients.Loop.Write;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.ReadFrom;
import io.lettuce.core.SslOptions;
import java.util.Set;
import org.springframework.data.redis.connection.RedisSentinelConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration.LettuceClientConfigurationBuilder;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.data.redis.core.StringRedisTemplate;

/** Spring Data Redis over Lettuce, without Boot. Modes: plain; replicas, which reads from them. */
final class WithSpringData {
  public static void main(String[] args) throws Exception {
    boolean readFromReplicas = args[0].equals("replicas");
    Loop.run("org.springframework.data/spring-data-redis", () -> connect(readFromReplicas));
  }

  private static Client connect(boolean readFromReplicas) throws Exception {
    // snippet
    RedisSentinelConfiguration servers =
        new RedisSentinelConfiguration(MASTER, Set.of(SENTINELS.split(",")));
    servers.setSentinelPassword(SENTINEL_PASSWORD);
    servers.setPassword(REDIS_PASSWORD);
    LettuceClientConfigurationBuilder lettuce = LettuceClientConfiguration.builder();
    if (readFromReplicas) {
      lettuce.readFrom(ReadFrom.REPLICA);
    }
    addCertificates(lettuce);
    LettuceConnectionFactory factory = new LettuceConnectionFactory(servers, lettuce.build());
    factory.afterPropertiesSet(); // a bean's life: Spring calls these two by itself
    factory.start();
    StringRedisTemplate redis = new StringRedisTemplate(factory);

    Write write = (key, value) -> redis.opsForValue().set(key, value);
    // end
    Read read = key -> redis.opsForValue().get(key);
    return new Client(write, readFromReplicas ? read : null);
  }

  private static void addCertificates(LettuceClientConfigurationBuilder lettuce) throws Exception {
    if (TLS) {
      SslOptions certificates = SslOptions.builder().trustManager(Told.trust()).build();
      lettuce.useSsl().and().clientOptions(ClientOptions.builder().sslOptions(certificates).build());
    }
  }
}
