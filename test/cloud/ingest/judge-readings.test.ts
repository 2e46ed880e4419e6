import { describe, expect, it } from "vitest";
import type { Reading } from "#contract/messages.ts";
import { createReadingJudge } from "../../../cloud/ingest/judge-readings.ts";
import { storeReadings } from "../../../cloud/ingest/store-readings.ts";
import { indexRegistry } from "../../../cloud/registry/registry-index.ts";
import { type Point, StoreUnavailable } from "../../../cloud/store/measurements/measurements.ts";
import { aReading, aRegistry, letterOf, NOON, POST } from "../../support/builders.ts";
import { failOn, openReadingStores } from "./reading-stores.ts";

const MINUTE_MS = 60_000;

/** A minute of a post's PMS5003. */
function plantower(seq: number, mass: number, change: Partial<Reading> = {}): Reading {
  const at = NOON + seq * MINUTE_MS;
  const samples = [{ at, up: at - NOON, values: { pm25_atm: mass, pm25_cf1: mass } }];
  return aReading({ seq, at, sensor: "pms", model: "pms5003", samples, ...change });
}

function climate(seq: number, humidity: number): Reading {
  const at = NOON + seq * MINUTE_MS;
  const samples = [{ at, up: at - NOON, values: { temperature: 12, humidity } }];
  return aReading({ seq, at, log: "log-climate", sensor: "bme280", model: "bme280", samples });
}

const lettersOf = (...readings: readonly Reading[]) => readings.map((reading) => letterOf(reading, POST));
const judged = (points: readonly Point[], sensor = "pms") =>
  points.filter((point) => point.sensor === sensor).map(({ fields }) => fields);

describe("the judge in the ingest", () => {
  it("writes raw, corrected, flags and confidence side by side, whichever sensor comes first", async () => {
    const { stores, written } = await openReadingStores();

    await storeReadings(lettersOf(plantower(1, 40), climate(1, 50)), stores);

    expect(judged(written)).toMatchObject([
      { pm25_atm: 40, pm25_cf1: 40, pm25_corrected: 27.64, correction: "epa-2023@1", unchecked: "memory,neighbours" },
    ]);
  });

  it("leaves a value uncorrected without a humidity within ten minutes, and says so", async () => {
    const { stores, written } = await openReadingStores();

    await storeReadings(lettersOf(climate(1, 50), plantower(12, 40)), stores);

    expect(judged(written)[0]).toMatchObject({ pm25_atm: 40, correction: "none:no-humidity" });
    expect(judged(written)[0]).not.toHaveProperty("pm25_corrected");
  });

  it("judges a point once: what comes again after it was stored keeps its first judgement", async () => {
    const { stores, written } = await openReadingStores();
    const calm = [1, 2, 3, 4].map((seq) => plantower(seq, 8));
    const jump = plantower(5, 300);
    await storeReadings(lettersOf(...calm, jump), stores);
    await storeReadings(lettersOf(plantower(6, 310), plantower(7, 305), plantower(8, 307)), stores);
    const first = judged(written)[4];

    await storeReadings(lettersOf(jump), stores);

    expect(first).toMatchObject({ flags: "spike,replayed" });
    expect(judged(written).at(-1)).not.toHaveProperty("flags");
    expect(judged(written).at(-1)).toMatchObject({ pm25_atm: 300 });
  });

  it("says the same of a batch that a store made come again", async () => {
    const { stores, written } = await openReadingStores();
    let failures = 1;
    const flaky = {
      ...stores,
      measurements: {
        write: async (points: readonly Point[]) => {
          const refused = await stores.measurements.write(points);
          if (failures-- > 0) throw new StoreUnavailable("written, and no answer");
          return refused;
        },
      },
    };
    const batch = lettersOf(...[1, 2, 3, 4].map((seq) => plantower(seq, 8)), plantower(5, 300));

    await expect(storeReadings(batch, flaky)).rejects.toThrow("no answer");
    await storeReadings(batch, flaky);

    expect(judged(written).slice(5)).toEqual(judged(written).slice(0, 5));
  });

  it("says the same of a batch that was written before a kill and comes again after it", async () => {
    const { stores, state, written } = await openReadingStores();
    await storeReadings(lettersOf(...[1, 2, 3, 4].map((seq) => plantower(seq, 8))), stores);
    const failing = {
      ...stores,
      measurements: {
        write: async (points: readonly Point[]) => {
          await stores.measurements.write(points);
          throw new StoreUnavailable("killed");
        },
      },
    };
    await expect(storeReadings(lettersOf(plantower(5, 300)), failing)).rejects.toThrow("killed");

    const reborn = { ...stores, judge: createReadingJudge(state, failOn) };
    await storeReadings(lettersOf(plantower(5, 300)), reborn);

    const [before, after] = judged(written).slice(4);
    expect(before).toMatchObject({ flags: "spike,replayed", unchecked: "climate,neighbours" });
    expect(after).toEqual(before);
  });

  it("stores a reading all the same when the judge itself is broken, and says that nobody looked", async () => {
    const { stores, state, written, pointsOf } = await openReadingStores();
    const faults: unknown[] = [];
    const judge = createReadingJudge(state, (error) => faults.push(error));
    const registry = indexRegistry(aRegistry());
    const broken = { ...registry, registry: new Proxy(registry.registry, { get: () => Number.NaN.toFixed(101) }) };

    await storeReadings(lettersOf(aReading()), { ...stores, judge, registry: () => broken });

    expect(faults).toHaveLength(1);
    expect(written[0]?.fields).toMatchObject({ pm25: 12.5, flags: "", unchecked: "everything", confidence: 0.5 });
    expect(await pointsOf("station-1")).toHaveLength(1);
  });

  it("lets no sender write a judgement of his own", async () => {
    const { stores, written } = await openReadingStores();
    const values = { pm25: 900, confidence: 1, pm25_corrected: 1 };

    await storeReadings(lettersOf(aReading({ samples: [{ at: NOON, up: 1, values }] })), stores);

    expect(written[0]?.fields).not.toHaveProperty("pm25_corrected");
    expect(written[0]?.fields.confidence).toBeLessThan(1);
  });
});
