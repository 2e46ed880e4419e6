import { once } from "node:events";
import { closeAll } from "#kit/closer.ts";
import { Feeder } from "./feeder.ts";
import { type FromLoad, IngestJob, ToLoad } from "./job.ts";

// The load as a process of its own: first the job, then one message for each phase.
const tell = (message: FromLoad) => process.send?.(message);
const [first] = await once(process, "message");
const job = IngestJob.parse(first);
const feeders = job.devices.map((device) => new Feeder(job, device));
await Promise.all(feeders.map((feeder) => feeder.connected()));
process.on("message", (message: unknown) => {
  const { phase } = ToLoad.parse(message);
  const before = process.cpuUsage();
  Promise.all(feeders.map((feeder) => feeder.feed(phase))).then(
    () => {
      const { user, system } = process.cpuUsage(before);
      tell({ type: "acknowledged", phase, cpuSeconds: (user + system) / 1e6 });
    },
    (error: unknown) => {
      process.stderr.write(`${String(error)}\n`);
      process.exit(1);
    },
  );
});
process.on("disconnect", () => void closeAll(feeders).finally(() => process.exit(0)));
tell({ type: "ready" });
