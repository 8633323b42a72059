package clients;

import static clients.Told.HOLD;
import static clients.Told.NAME;
import static clients.Told.PAUSE;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.Callable;
import java.util.concurrent.SynchronousQueue;

/**
 * The loop of all programs here: writes 1, 2, 3 and so on, one at a time, and says what was
 * acknowledged and when.
 */
final class Loop {
  private static final long RESTART = 1000; // ms, as a supervisor takes to restart what failed
  private static final long LOOKS = 20; // ms between two looks for the end of HOLD
  private static final int LONGEST = 200; // characters of an error

  interface Write {
    void set(String key, String value) throws Exception;
  }

  interface Read {
    void get(String key) throws Exception;
  }

  /** What a program makes of its library; read is null where there is no way to replicas. */
  record Client(Write write, Read read) {}

  /** Runs for ever; the library is group/artifact. */
  static void run(String library, Callable<Client> connect) throws Exception {
    say("version " + Told.version(library));
    Client client = begin(connect);
    // Some libraries repeat a read until it succeeds. No write may wait for that.
    SynchronousQueue<String> written = new SynchronousQueue<>();
    if (client.read != null) {
      Thread reader = new Thread(() -> read(client, written), "reader");
      reader.setDaemon(true);
      reader.start();
    }
    write(client, written);
  }

  /** Makes the client, again and again until it can be made. */
  private static Client begin(Callable<Client> connect) {
    while (true) {
      try {
        return connect.call();
      } catch (Throwable e) {
        say("error 0 " + micros() + " " + line(e));
        sleep(RESTART);
      }
    }
  }

  /** The key of what was acknowledged is passed on, unless the reader is busy. */
  private static void write(Client client, SynchronousQueue<String> written) {
    for (int n = 1; ; n++) {
      held();
      String key = NAME + ":" + n;
      try {
        client.write.set(key, Integer.toString(n));
        say("ok " + n + " " + micros());
        written.offer(key);
      } catch (Throwable e) {
        say("error " + n + " " + micros() + " " + line(e));
      }
      sleep(PAUSE);
    }
  }

  private static void read(Client client, SynchronousQueue<String> written) {
    while (true) {
      try {
        String key = written.take();
        held();
        client.read.get(key);
        say("read " + micros());
      } catch (Throwable e) {
        say("read-error " + micros() + " " + line(e));
      }
    }
  }

  private static void held() {
    while (HOLD != null && Files.exists(Path.of(HOLD))) {
      sleep(LOOKS);
    }
  }

  /** One line at once; println flushes and does not mix two threads' lines. */
  private static void say(String line) {
    System.out.println(line);
  }

  private static long micros() {
    return ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now());
  }

  /** An error and what it is from, each with its class, on one line. */
  private static String line(Throwable e) {
    StringBuilder text = new StringBuilder();
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      text.append(text.isEmpty() ? "" : " <- ");
      text.append(cause.getClass().getSimpleName()).append(": ").append(cause.getMessage());
    }
    String line = text.toString().replaceAll("\\s+", " ");
    return line.substring(0, Math.min(line.length(), LONGEST));
  }

  private static void sleep(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e); // nobody here interrupts
    }
  }

  private Loop() {}
}
