// BullMQ on ioredis. Modes: queue adds jobs; worker has a Worker beside the Queue,
// which works off what is added. Job n is the hash NAME:jobs:n<n>: BullMQ takes no
// plain number as the id of a job.
import { run } from "./loop.js";
import { master, mode, name, password, sentinelPassword, sentinels, tls } from "./settings.js";

const prefix = name;
const secrets = { sentinelPassword, password };
if (tls) Object.assign(secrets, { sentinelTLS: tls, tls, enableTLSForSentinelMode: true });

// snippet
import { Queue, Worker } from "bullmq";

const connection = {
  sentinels, // [{ host: "dev-redis-cache-sentinel", port: 26379 }]
  name: master,
  ...secrets, // sentinelPassword, password, tls
};
const queue = new Queue("jobs", { connection, prefix });
queue.on("error", (error) => console.error(error.message));

const write = (id, value) => queue.add("job", { value }, { jobId: id });
// end

function work() {
  const worker = new Worker("jobs", async (job) => job.data.value, { connection, prefix });
  worker.on("error", (error) => console.error(error.message));
}

await run("bullmq", () => {
  if (mode === "worker") work();
  return { write: (n) => write(`n${n}`, n) };
});
