import { mkdtemp, rm } from "node:fs/promises";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { stdout } from "node:process";
import { z } from "zod";
import { loadConfig } from "#kit/load-config.ts";
import { runMain } from "#kit/run-main.ts";
import { closeOnSignal } from "#kit/shutdown.ts";
import { PROFILES } from "../../firmware-config/profiles/profiles.ts";
import { measureInference } from "./edge/inference.ts";
import { measurePuts } from "./edge/outbox-puts.ts";
import type { ProcessMemory } from "./edge/process-memory.ts";
import { measureIdle, measurePhotos, measureStart, running } from "./edge/running.ts";
import { measureVerdicts } from "./edge/verdicts.ts";
import { measureWire } from "./edge/wire.ts";
import { measureWrites } from "./edge/writes.ts";
import { partNames } from "./part-names.ts";

const PARTS = ["wire", "writes", "outbox", "inference", "verdicts", "start", "idle", "photos"] as const;
type Part = (typeof PARTS)[number];

const Config = z.object({
  BENCH_PARTS: partNames(PARTS),
  BENCH_IDLE_S: z.coerce.number().min(1).max(86_400).default(120).describe("seconds that an idle device is watched"),
  BENCH_PHOTOS: z.coerce.number().int().min(2).max(100_000).default(600).describe("photos of the truck"),
  BENCH_VERDICTS: z.coerce.number().int().min(30).max(1_000_000).default(10_000).describe("photos judged in a row"),
  BENCH_VERDICTS_S: z.coerce
    .number()
    .min(1)
    .max(86_400)
    .default(600)
    .describe("seconds for them; fewer are judged then"),
  BENCH_RUNS: z.coerce.number().int().min(10).max(100_000).default(300).describe("runs of each network"),
  BENCH_ROUNDS: z.coerce.number().int().min(1).max(100).default(3).describe("rounds of putting; medians are shown"),
  BENCH_PUT_S: z.coerce.number().min(0.1).max(600).default(2).describe("seconds for each way of putting in a round"),
  BENCH_FP32: z.string().optional().describe("the fp32 model (models/train/README.md); its row is left out without"),
  BENCH_NODE_OPTIONS: z.string().optional().describe("instead of the device's own NODE_OPTIONS, to try others"),
});
type Config = z.infer<typeof Config>;

const say = (line: string) => stdout.write(`${line}\n`);
const table = (...rows: readonly (readonly string[])[]) => {
  const [head = [], ...others] = rows;
  say(`\n| ${head.join(" | ")} |\n|${head.map(() => " --- |").join("")}`);
  for (const row of others) say(`| ${row.join(" | ")} |`);
};
const mb = ({ resident, anonymous }: ProcessMemory) =>
  `${(resident / 1e6).toFixed(0)} MB, ${(anonymous / 1e6).toFixed(0)} anonymous`;

function wire() {
  const packs = [Number(PROFILES["air-post"].settings.READINGS_PER_PACK), 12, 30];
  const ways = measureWire(packs);
  const [line] = ways;
  const [mqttOfLine, allOfLine] = [line?.mqttBytes ?? 0, (line?.mqttBytes ?? 0) + (line?.belowBytes ?? 0)];
  table(
    [
      "bytes a reading, of 8,640 each",
      "MQTT with topic and PUBACK",
      "× line protocol",
      "TCP and TLS below",
      "× with these",
    ],
    ...ways.map(({ way, mqttBytes, belowBytes }) => [
      way,
      mqttBytes.toFixed(1),
      (mqttBytes / mqttOfLine).toFixed(2),
      belowBytes.toFixed(1),
      ((mqttBytes + belowBytes) / allOfLine).toFixed(2),
    ]),
  );
  return ways;
}

async function writes() {
  const seen = await measureWrites();
  const rows = seen.map(({ what, pageBytes, bytesARound, perPayloadByte }) => [
    what,
    String(pageBytes),
    bytesARound.toFixed(0),
    ((bytesARound * 1440) / 1e6).toFixed(0),
    perPayloadByte.toFixed(0),
  ]);
  table(["written in a round", "page", "bytes", "MB a day at one a minute", "per payload byte"], ...rows);
  return seen;
}

async function outbox({ BENCH_PUT_S, BENCH_ROUNDS }: Config) {
  const folder = await mkdtemp(join(tmpdir(), "dvornik-bench-puts-"));
  try {
    const rates = await measurePuts(folder, { forMs: BENCH_PUT_S * 1000, rounds: BENCH_ROUNDS, batches: [1, 8, 64] });
    const file = rates[0]?.perSecond ?? 0;
    const rows = rates.map(({ way, perSecond }) => [way, String(perSecond), (perSecond / file).toFixed(2)]);
    table(["messages a second, each synced", "per second", "× plain file"], ...rows);
    return rates;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function inference({ BENCH_FP32, BENCH_RUNS }: Config) {
  const took = await measureInference("models/waste-site", BENCH_FP32, BENCH_RUNS);
  const rows = took.map(({ what, p50, p99 }) => [what, p50.toFixed(1), p99.toFixed(1)]);
  table([`one thread, ${BENCH_RUNS} runs`, "p50 ms", "p99 ms"], ...rows);
  return took;
}

async function verdicts({ BENCH_VERDICTS, BENCH_VERDICTS_S }: Config) {
  const { first, thirds } = await measureVerdicts("models/waste-site", BENCH_VERDICTS, BENCH_VERDICTS_S * 1000);
  const ms = (value: number) => value.toFixed(0);
  const rows = thirds.map(({ photos, wallMs, cpuMs, memory }, index) => [
    `third ${index + 1} (${photos})`,
    `${ms(wallMs.p50)} / ${ms(wallMs.p99)}`,
    `${ms(cpuMs.p50)} / ${ms(cpuMs.p99)}`,
    mb(memory),
  ]);
  const head = ["first photo", ms(first.wallMs), ms(first.cpuMs), ""];
  table(
    [
      `${BENCH_VERDICTS} photos of 1280 px within ${BENCH_VERDICTS_S} s, one thread`,
      "p50 / p99 ms",
      "p50 / p99 CPU ms",
      "resident",
    ],
    head,
    ...rows,
  );
  return { first, thirds };
}

async function start(environment: Readonly<Record<string, string>>) {
  const seen = {
    "air-post": await measureStart("air-post", environment),
    truck: await measureStart("truck", environment),
  };
  const rows = Object.entries(seen).flatMap(([kind, both]) =>
    Object.entries(both).map(([how, { readyMs, firstReadingMs, cpuS }]) => [
      `${kind}, ${how}`,
      readyMs.toFixed(0),
      firstReadingMs.toFixed(0),
      cpuS.toFixed(2),
    ]),
  );
  table(["start", "ready ms", "first reading of both sensors ms", "CPU s"], ...rows);
  return seen;
}

async function idle({ BENCH_IDLE_S }: Config, environment: Readonly<Record<string, string>>) {
  const seen = {
    "air-post": await measureIdle("air-post", environment, BENCH_IDLE_S * 1000),
    truck: await measureIdle("truck", environment, BENCH_IDLE_S * 1000),
  };
  const rows = Object.entries(seen).map(([kind, one]) => [kind, `${one.cpuPercent.toFixed(2)} %`, mb(one)]);
  table([`idle for ${BENCH_IDLE_S} s, by its profile`, "of one core", "resident"], ...rows);
  return seen;
}

async function photos({ BENCH_PHOTOS }: Config, environment: Readonly<Record<string, string>>) {
  const seen = await measurePhotos(BENCH_PHOTOS, environment, (taken, memory) => say(`${taken} photos: ${mb(memory)}`));
  const { before, after, beforeMs, afterMs, cpuMsEach } = seen;
  table(
    [
      "photos",
      "resident before",
      `after ${BENCH_PHOTOS}`,
      "the most",
      "before → disk p50 / p99 ms",
      "after → outbox p50 / p99 ms",
      "CPU ms each",
    ],
    [
      "truck",
      mb(before),
      mb(after),
      `${(after.peak / 1e6).toFixed(0)} MB`,
      `${beforeMs.p50.toFixed(0)} / ${beforeMs.p99.toFixed(0)}`,
      `${afterMs.p50.toFixed(0)} / ${afterMs.p99.toFixed(0)}`,
      cpuMsEach.toFixed(0),
    ],
  );
  return seen;
}

await runMain("dvornik bench:edge: the device beside its peers", Config, async () => {
  const config = loadConfig(Config, process.env);
  const { BENCH_NODE_OPTIONS: NODE_OPTIONS } = config;
  closeOnSignal(running, (error) => say(String(error)));
  const environment = NODE_OPTIONS === undefined ? {} : { NODE_OPTIONS };
  const measures: Record<Part, () => Promise<unknown>> = {
    wire: async () => wire(),
    writes,
    outbox: () => outbox(config),
    inference: () => inference(config),
    verdicts: () => verdicts(config),
    start: () => start(environment),
    idle: () => idle(config, environment),
    photos: () => photos(config, environment),
  };
  const results: Partial<Record<Part, unknown>> = {};
  say(`load average ${loadavg()[0]?.toFixed(1)}`);
  for (const part of config.BENCH_PARTS) results[part] = await measures[part]();
  say(JSON.stringify({ machine: { cpu: cpus()[0]?.model, cores: cpus().length, load: loadavg() }, results }));
  process.exit(0);
});
