// The loop of all programs here: writes 1, 2, 3 and so on, one at a time, and says
// what was acknowledged and when.
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { setTimeout as sleep } from "node:timers/promises";
import { hold, pause } from "./settings.js";

// Libraries print, too (node-redis 5 does); standard output is for the lines alone.
console.log = console.error;

// connect makes the client once and gives { write(n), read(n) }; read is left out
// where there is no way to replicas.
export async function run(library, connect) {
  say("version", createRequire(import.meta.url)(`${library}/package.json`).version);
  const client = await connected(connect);
  const reads = reader(client.read);
  for (let n = 1; ; n++) {
    while (hold && existsSync(hold)) await sleep(20);
    try {
      await client.write(n);
      say("ok", n, micros());
      reads.acknowledged(n);
    } catch (error) {
      say("error", n, micros(), text(error));
    }
    reads.next();
    await sleep(pause);
  }
}

async function connected(connect) {
  for (;;) {
    try {
      return await connect();
    } catch (error) {
      say("error", 0, micros(), text(error));
      await sleep(1000);
    }
  }
}

// A read follows each write, but the next write does not wait for it: a read that
// hangs must not look like a master that is away.
function reader(read) {
  let last = 0;
  let busy = !read;
  return {
    acknowledged(n) {
      last = n;
    },
    async next() {
      if (busy || last === 0) return;
      busy = true;
      try {
        await read(last);
        say("read", micros());
      } catch (error) {
        say("read-error", micros(), text(error));
      }
      busy = false;
    },
  };
}

// A line at once: standard output is a pipe, and Node writes to pipes synchronously.
function say(...words) {
  process.stdout.write(words.join(" ") + "\n");
}

function micros() {
  return Math.round((performance.timeOrigin + performance.now()) * 1000);
}

function text(error) {
  const kind = error?.constructor?.name ?? typeof error;
  return `${kind}: ${error?.message ?? error}`.replace(/\s+/g, " ").slice(0, 200);
}
