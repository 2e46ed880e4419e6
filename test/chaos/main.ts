import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exit, stdout } from "node:process";
import { parseArgs } from "node:util";
import { type Closer, closeAll } from "#kit/closer.ts";
import { closeOnSignal } from "#kit/shutdown.ts";
import { runFailingSync } from "./part-failing-sync.ts";
import { runFullDisk } from "./part-full-disk.ts";
import { runInterleaved } from "./part-interleaved.ts";
import { runKills } from "./part-kills.ts";
import type { Part } from "./parts.ts";
import { type Report, tableOf } from "./report.ts";

const HELP = `npm run chaos:gateway -- [--part 1,2,3,4] [--kills 20] [--seed S] [--publishers 4] [--rate 500]

Our gateway, and Debian's Mosquitto beside it where it is installed (persistence true, its default autosave, a persistent
session of the consumer, no limit on its queue), under the same load: publishers at QoS 1, --rate messages a second each, at
most 64 on the way, which send again what was not acknowledged; one consumer, away half of the time.

  1  SIGKILLs, one to two seconds after everything was up again, by the seed
  2  their disk (a tmpfs; needs the right to mount) runs full with the consumer away; SIGTERM and a start while it is full
  3  every sync fails with EIO (LD_PRELOAD; needs a C compiler), at moments by the seed; SIGKILL right after, half of the time
  4  1,000 messages of QoS 0 and QoS 1 each, interleaved on one connection; beside it aedes with an asynchronous store

Lost is what was acknowledged and never reached the consumer. A table for each part, then JSON on the last line; exit code
1 when our gateway broke a promise.
`;

const PARTS: readonly Part[] = [runKills, runFullDisk, runFailingSync, runInterleaved];

const { values } = parseArgs({
  options: {
    part: { type: "string", default: PARTS.map((_, i) => i + 1).join(",") },
    kills: { type: "string", default: "20" },
    seed: { type: "string", default: "20261122" },
    publishers: { type: "string", default: "4" },
    rate: { type: "string", default: "500" },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  stdout.write(HELP);
  exit(0);
}
const parts = values.part.split(",").map(Number);
const [kills, seed, publishers, rate] = [values.kills, values.seed, values.publishers, values.rate].map(Number);
const isWithin = (value: number | undefined, most: number): value is number =>
  value !== undefined && Number.isSafeInteger(value) && value >= 1 && value <= most;
if (
  !parts.every((part) => isWithin(part, PARTS.length)) ||
  !isWithin(kills, 1000) ||
  !isWithin(seed, 2 ** 32) ||
  !isWithin(publishers, 100) ||
  !isWithin(rate, 10_000)
) {
  stdout.write(HELP);
  exit(2);
}

const root = await mkdtemp(join(tmpdir(), "dvornik-chaos-"));
const started: Closer[] = [{ close: () => rm(root, { recursive: true, force: true }) }];
closeOnSignal(started, (error) => stdout.write(`${String(error)}\n`));
const pace = { perSecond: rate, window: 64, payloadBytes: 200 };
const say = (line: string) => stdout.write(`${line}\n`);
const reports: Report[] = [];
try {
  for (const part of parts) {
    const folder = join(root, String(part));
    await mkdir(folder);
    const own = started.length;
    const run = PARTS[part - 1]?.({ folder, publishers, pace, kills, seed, say, started });
    const report = await run?.finally(() => closeAll(started.splice(own)));
    if (report === undefined) continue;
    reports.push(report);
    say(`\npart ${report.part}: ${report.title}`);
    say(report.skipped === undefined ? `${tableOf(report)}\n` : `SKIPPED: ${report.skipped}\n`);
    for (const promise of report.broken) say(`BROKEN: ${promise}`);
  }
} finally {
  await closeAll(started);
}
say(JSON.stringify({ seed, publishers, pace, reports }));
exit(reports.some(({ broken }) => broken.length > 0) ? 1 : 0);
