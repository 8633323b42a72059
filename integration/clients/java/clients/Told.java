package clients;

import java.io.FileInputStream;
import java.io.InputStream;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.Properties;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;

/** What a program is told in its environment; the contract is in the package above. */
final class Told {
  static final String SENTINELS = env("SENTINELS"); // host:port,host:port,host:port
  static final String MASTER = env("MASTER");
  static final String NAME = env("NAME");
  static final String SENTINEL_PASSWORD = env("SENTINEL_PASSWORD"); // null: none
  static final String REDIS_PASSWORD = env("REDIS_PASSWORD"); // null: none
  static final String HOLD = env("HOLD"); // null: never
  static final long PAUSE = env("PAUSE") == null ? 25 : Long.parseLong(env("PAUSE"));

  private static final String CA_FILE = env("CA_FILE");
  static final boolean TLS = CA_FILE != null;

  private static String env(String name) {
    String value = System.getenv(name);
    return value == null || value.isEmpty() ? null : value;
  }

  /** What accepts the certificates that CA_FILE has signed. */
  static TrustManagerFactory trust() throws Exception {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    try (InputStream pem = new FileInputStream(CA_FILE)) {
      int n = 0;
      for (Certificate ca : CertificateFactory.getInstance("X.509").generateCertificates(pem)) {
        store.setCertificateEntry("ca" + n++, ca);
      }
    }
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    return trust;
  }

  static SSLSocketFactory sockets() throws Exception {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust().getTrustManagers(), null);
    return context.getSocketFactory();
  }

  /** The version of a library, from its jar; the argument is group/artifact. */
  static String version(String library) throws Exception {
    String file = "/META-INF/maven/" + library + "/pom.properties";
    try (InputStream from = Told.class.getResourceAsStream(file)) {
      Properties properties = new Properties();
      properties.load(from);
      return properties.getProperty("version");
    }
  }

  private Told() {}
}
