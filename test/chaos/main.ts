import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exit, stdout } from "node:process";
import { parseArgs } from "node:util";
import { type Closer, closeAll } from "#kit/closer.ts";
import { closeOnSignal } from "#kit/shutdown.ts";
import { seededRandom } from "../town/random.ts";
import { mosquitto, ourGateway } from "./brokers.ts";
import { killUnderLoad } from "./kill-under-load.ts";

const HELP = `npm run chaos:gateway -- [--kills 20] [--seed S] [--publishers 4] [--rate 500]

SIGKILLs our gateway, and Debian's Mosquitto beside it where it is installed (persistence true, its default autosave, a
persistent session of the consumer, no limit on its queue), at the same moments under the same load: publishers of 200 bytes
at QoS 1, --rate messages a second each, at most 64 on the way, which send again what was not acknowledged; one consumer,
away half of the time. The moments are one to two seconds after everything was up again, by the seed.
Lost is what was acknowledged and never reached the consumer. A table, then JSON on the last line; exit code 1 when our
gateway lost anything or left anything unacknowledged.

A full disk (tmpfs), an fsync that fails, and QoS 0 among QoS 1 are not in here yet: they are a later step.
`;

const { values } = parseArgs({
  options: {
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
const [kills, seed, publishers, rate] = [values.kills, values.seed, values.publishers, values.rate].map(Number);
const isWithin = (value: number | undefined, most: number): value is number =>
  value !== undefined && Number.isSafeInteger(value) && value >= 1 && value <= most;
if (!isWithin(kills, 1000) || !isWithin(seed, 2 ** 32) || !isWithin(publishers, 100) || !isWithin(rate, 10_000)) {
  stdout.write(HELP);
  exit(2);
}

const folder = await mkdtemp(join(tmpdir(), "dvornik-chaos-"));
const started: Closer[] = [{ close: () => rm(folder, { recursive: true, force: true }) }];
closeOnSignal(started, (error) => stdout.write(`${String(error)}\n`));
const random = seededRandom(seed);
const waitsMs = Array.from({ length: kills }, () => 1000 + Math.floor(random() * 1000));
const ours = await ourGateway(folder, publishers);
const theirs = await mosquitto(folder, publishers);
if (theirs === undefined) stdout.write("Mosquitto is not installed here: its row is left out\n");
const brokers = theirs === undefined ? [ours] : [ours, theirs];
started.push(...brokers.map(({ kill }) => ({ close: kill })));
const schedule = { waitsMs, pace: { perSecond: rate, window: 64 } };
const results = await killUnderLoad(brokers, schedule, (line) => stdout.write(`${line}\n`)).finally(() =>
  closeAll(started),
);

stdout.write("\n| broker | kills (consumer away) | published | acknowledged | delivered | lost | duplicated |");
stdout.write(" never acknowledged | up again after |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n");
for (const it of results) {
  stdout.write(
    `| ${it.broker} | ${it.kills} (${it.killsWhileAway}) | ${it.published} | ${it.acknowledged} | ${it.delivered} | ${it.lost} | ${it.duplicated} | ${it.unacknowledged} | ${it.restartMs} ms |\n`,
  );
}
stdout.write(`${JSON.stringify({ seed, publishers, perSecond: rate, waitsMs, results })}\n`);
const own = results.find(({ broker }) => broker === ours.name);
exit(own?.lost === 0 && own.unacknowledged === 0 ? 0 : 1);
