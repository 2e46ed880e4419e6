import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exit, stdout } from "node:process";
import { parseArgs } from "node:util";
import { type Closer, closeAll } from "#kit/closer.ts";
import { closeOnSignal } from "#kit/shutdown.ts";
import { type FuzzResult, fuzzGateway } from "./fuzz.ts";

const HELP = `npm run fuzz:gateway -- [--seconds N] [--seed S]

Sends generated MQTT packets, and known byte sequences where they are there, with bytes changed, to our gateway as a
process of its own: half of the time to the default, closed mode (most often after a valid CONNECT), half of it to the open
one. It must not end, log an error or count an internal one; after a rest its memory must be at most 20 MiB above that after
a quarter of the time; another client's PINGRESP and durable PUBACK (in the open mode: PUBACK) come within 2 s throughout.
A table, then JSON on the last line; exit code 1 on a violation, with the seed and the bytes.
`;

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    seed: { type: "string", default: String(Date.now() % 2 ** 31) },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  stdout.write(HELP);
  exit(0);
}
const seconds = Number(values.seconds);
const seed = Number(values.seed);
if (!(seconds >= 2 && seconds <= 86_400) || !Number.isSafeInteger(seed)) {
  stdout.write(HELP);
  exit(2);
}

const folder = await mkdtemp(join(tmpdir(), "dvornik-fuzz-"));
const started: Closer[] = [{ close: () => rm(folder, { recursive: true, force: true }) }];
closeOnSignal(started, (error) => stdout.write(`${String(error)}\n`));
const results: FuzzResult[] = [];
try {
  for (const mode of ["closed", "open"] as const) {
    stdout.write(`${mode} mode: ${seconds / 2} s from seed ${seed} …\n`);
    results.push(await fuzzGateway({ mode, seconds: seconds / 2, seed, folder, onStarted: (it) => started.push(it) }));
  }
} finally {
  await closeAll(started);
}

stdout.write(
  "\n| mode | connections | MB sent | MiB idle / before / most / after | rounds of the other client | slowest",
);
stdout.write(" PINGRESP / PUBACK | violations |\n| --- | --- | --- | --- | --- | --- | --- |\n");
for (const { mode, inputs, bytes, residentMiB, bystander, violations } of results) {
  const { idle, before, most, after } = residentMiB;
  const { rounds, slowestPingMs, slowestAcknowledgementMs } = bystander;
  stdout.write(
    `| ${mode} | ${inputs} | ${(bytes / 1e6).toFixed(1)} | ${idle} / ${before} / ${most} / ${after} | ${rounds} | ${slowestPingMs} / ${slowestAcknowledgementMs} ms | ${violations.length} |\n`,
  );
}
for (const { violations, mode } of results) {
  for (const { what, batchSeed, inputs } of violations) {
    stdout.write(`\nVIOLATION (${mode}, seed ${seed}, batch ${batchSeed}): ${what}\n`);
    for (const input of inputs) stdout.write(`  ${JSON.stringify(input)}\n`);
  }
}
stdout.write(`${JSON.stringify({ seconds, seed, results })}\n`);
exit(results.some(({ violations }) => violations.length > 0) ? 1 : 0);
