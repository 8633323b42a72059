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
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SslOptions;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.masterreplica.MasterReplica;
import io.lettuce.core.masterreplica.StatefulRedisMasterReplicaConnection;
import io.lettuce.core.resource.ClientResources;

/**
 * Lettuce. Modes: plain asks the Sentinels whenever it has to connect; master-replica listens to
 * them and reads from replicas.
 */
final class WithLettuce {
  private static final ClientResources threads = ClientResources.create();

  public static void main(String[] args) throws Exception {
    boolean readFromReplicas = args[0].equals("master-replica");
    Loop.run("io.lettuce/lettuce-core", () -> connect(readFromReplicas));
  }

  private static Client connect(boolean readFromReplicas) throws Exception {
    // snippet
    // redis-sentinel://dev-redis-cache-sentinel:26379#mymaster
    RedisURI uri = RedisURI.create("redis-sentinel://" + SENTINELS + "#" + MASTER);
    addSecrets(uri); // uri.setPassword(...) for Redis, the same for each of uri.getSentinels()
    RedisClient redis = RedisClient.create(threads, uri);
    redis.setOptions(options()); // certificates

    StatefulRedisConnection<String, String> connection;
    if (readFromReplicas) {
      StatefulRedisMasterReplicaConnection<String, String> nodes =
          MasterReplica.connect(redis, StringCodec.UTF8, uri);
      nodes.setReadFrom(ReadFrom.REPLICA);
      connection = nodes;
    } else {
      connection = redis.connect();
    }
    Write write = (key, value) -> connection.sync().set(key, value);
    // end
    Read read = key -> connection.sync().get(key);
    return new Client(write, readFromReplicas ? read : null);
  }

  private static void addSecrets(RedisURI uri) {
    addSecrets(uri, REDIS_PASSWORD);
    uri.getSentinels().forEach(sentinel -> addSecrets(sentinel, SENTINEL_PASSWORD));
  }

  private static void addSecrets(RedisURI uri, String password) {
    uri.setSsl(TLS);
    if (password != null) {
      uri.setAuthentication(password);
    }
  }

  private static ClientOptions options() throws Exception {
    ClientOptions.Builder options = ClientOptions.builder();
    if (TLS) {
      options.sslOptions(SslOptions.builder().trustManager(Told.trust()).build());
    }
    return options.build();
  }
}
