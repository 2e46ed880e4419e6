import { createAirJudge, type StationSample } from "../../cloud/air/quality/air-judge.ts";

/**
 * What judging costs a sample: `npm run -s bench:judge`. 2,000 stations of two PMS5003 and a BME280 each, 12 neighbours around every one,
 * ten minutes of one sample a minute, as the ingest has them.
 */

const STATIONS = 2_000;
const ROUNDS = 10;
const MINUTE_MS = 60_000;

const stations = Array.from({ length: STATIONS }, (_, i) => ({
  id: `station-${i}`,
  tenant: "bench",
  municipality: "bench",
  name: { ru: "bench", en: "bench" },
  position: [61 + (i % 50) * 0.01, 55 + Math.floor(i / 50) * 0.01] satisfies [number, number],
  demo: false,
}));
const registry = { stations };
const judge = createAirJudge();

function samplesOf(round: number): readonly StationSample[] {
  const at = round * MINUTE_MS;
  return stations.flatMap(({ id }, i) => {
    const sample = (sensor: string, model: string, values: Record<string, number>): StationSample => ({
      tenant: "bench",
      station: id,
      sensor,
      model,
      device: id,
      at,
      values,
      status: [],
      clock: "ntp",
      isTimeRepaired: false,
      newestAt: at,
    });
    const mass = 10 + ((i * 7 + round * 3) % 13);
    const masses = {
      pm1_atm: mass - 3,
      pm25_atm: mass,
      pm10_atm: mass + 4,
      pm1_cf1: mass - 3,
      pm25_cf1: mass,
      pm10_cf1: mass,
    };
    return [
      sample("pms", "pms5003", masses),
      sample("pms-b", "pms5003", masses),
      sample("bme280", "bme280", { temperature: 5, humidity: 60, pressure: 1000 }),
    ];
  });
}

let samples = 0;
let spentMs = 0;
for (let round = 0; round < ROUNDS; round++) {
  const batch = samplesOf(round);
  const began = process.cpuUsage();
  judge.judge(batch, registry, round * MINUTE_MS);
  const used = process.cpuUsage(began);
  // The first rounds find the neighbours and warm up.
  if (round < 2) continue;
  samples += batch.length;
  spentMs += (used.user + used.system) / 1000;
}
const began = process.cpuUsage();
let bytes = 0;
for (const { id } of stations) bytes += judge.memoryOf(id, "pms")?.length ?? 0;
const textMs = process.cpuUsage(began).user / 1000;
process.stdout.write(
  `${samples} samples judged in ${spentMs.toFixed(0)} ms of CPU: ${((1000 * spentMs) / samples).toFixed(2)} µs a sample\n` +
    `memory as text: ${Math.round(bytes / STATIONS)} bytes and ${((1000 * textMs) / STATIONS).toFixed(1)} µs a sensor\n` +
    `heap ${Math.round(process.memoryUsage().heapUsed / 1e6)} MB with ${STATIONS * 3} sensors\n`,
);
