// What the harness tells a program; integration/clients/doc.go says what each
// variable means. The programs use these values under their own names, so that
// they read as a user's program does.
import { readFileSync } from "node:fs";

const { env } = process;

export const mode = process.argv[2] ?? "default";
export const master = env.MASTER ?? "mymaster";
export const name = env.NAME ?? "client";
export const hold = env.HOLD;
export const pause = Number(env.PAUSE || 25);

// [{ host, port }, ...]
export const sentinels = (env.SENTINELS ?? "127.0.0.1:26379").split(",").map((address) => {
  const colon = address.lastIndexOf(":");
  return { host: address.slice(0, colon), port: Number(address.slice(colon + 1)) };
});

export const sentinelPassword = env.SENTINEL_PASSWORD || undefined;
export const password = env.REDIS_PASSWORD || undefined;

// What Node's tls.connect takes; undefined when TLS is not wanted.
export const tls = env.CA_FILE ? { ca: readFileSync(env.CA_FILE) } : undefined;
