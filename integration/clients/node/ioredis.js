// ioredis. Modes: default, failover-detector, and replicas, where a second
// connection reads from a replica.
import { run } from "./loop.js";
import { master, mode, name, password, sentinelPassword, sentinels, tls } from "./settings.js";

const failoverDetector = mode === "failover-detector";
const secrets = { sentinelPassword, password };
if (tls) Object.assign(secrets, { sentinelTLS: tls, tls, enableTLSForSentinelMode: true });

// snippet
import { Redis } from "ioredis";

const options = {
  sentinels, // [{ host: "dev-redis-cache-sentinel", port: 26379 }]
  name: master,
  failoverDetector, // true: +switch-master moves it, too, not only a lost connection
  ...secrets, // sentinelPassword, password, tls
};
const redis = new Redis(options);
redis.on("error", (error) => console.error(error.message));
// With the detector, a +switch-master in the middle of a reconnect ends the client.
redis.on("end", () => redis.connect().catch(() => {}));

const write = (key, value) => redis.set(key, value);
// end

function replica() {
  const reader = new Redis({ ...options, role: "slave" });
  reader.on("error", (error) => console.error(error.message));
  return (n) => reader.get(`${name}:${n}`);
}

await run("ioredis", () => ({
  write: (n) => write(`${name}:${n}`, n),
  read: mode === "replicas" ? replica() : undefined,
}));
