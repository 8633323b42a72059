// node-redis (the package redis). Modes: default, and replicas, where reads go to
// the replicas; resp2 and replicas-resp2 speak RESP2 where RESP3 is the default.
import { run } from "./loop.js";
import { master, mode, name, password, sentinelPassword, sentinels, tls } from "./settings.js";

const socket = tls && { tls: true, ...tls };
const replicas = mode.startsWith("replicas");
const options = mode.endsWith("resp2") ? { RESP: 2 } : {};

// snippet
import { createSentinel } from "redis";

async function connect() {
  const client = createSentinel({
    name: master,
    sentinelRootNodes: sentinels, // [{ host: "dev-redis-cache-sentinel", port: 26379 }]
    sentinelClientOptions: { password: sentinelPassword, socket },
    nodeClientOptions: { password, socket },
    replicaPoolSize: replicas ? 1 : 0, // 1: commands that only read go to replicas
    ...options,
  });
  client.on("error", (error) => console.error(error.message)); // without it an error ends the process
  await client.connect();
  return client;
}

const write = (client, key, value) => client.set(key, value);
// end

await run("redis", async () => {
  const client = await connect();
  return {
    write: (n) => write(client, `${name}:${n}`, String(n)),
    read: replicas ? (n) => client.get(`${name}:${n}`) : undefined,
  };
});
