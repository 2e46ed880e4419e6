import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { RECORD_CLASSES } from "#contract/topics.ts";
import { openJournal } from "#journal/sqlite-journal.ts";
import { systemClock } from "#kit/clock.ts";
import { createCounters } from "../../../edge/health/counters.ts";
import { openJournalOutbox, UPLINK_READER } from "../../../edge/outbox/journal-outbox.ts";
import type { Outbox } from "../../../edge/outbox/outbox.ts";
import { createPace } from "../../../edge/pace.ts";
import { type PowerOptions, startPower } from "../../../edge/power/power.ts";
import { type PowerFacts, UNKNOWN_POWER } from "../../../edge/power/power-facts.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { until } from "../../support/until.ts";
import { quiet, stillTime } from "../support/fakes.ts";

async function openOutbox(folder: string): Promise<Outbox> {
  const readers = { [UPLINK_READER]: RECORD_CLASSES };
  const journal = await openJournal({ file: join(folder, "outbox.sqlite"), classes: RECORD_CLASSES, readers });
  onTestFinished(() => journal.close());
  return openJournalOutbox(journal, { tenant: "demo", device: "post-1" }, "log-1");
}

async function start(outbox: PowerOptions["outbox"], begin: Partial<PowerFacts>, boot = stillTime.boot) {
  let facts: PowerFacts = { ...UNKNOWN_POWER, ...begin };
  let nowMs = 0;
  let looks = 0;
  const clock = { ...systemClock, monotonicMs: () => nowMs };
  const pace = createPace({ everyMs: 60_000, samplesPerPack: 1, particleWorkMs: 0, healthEveryMs: 60_000 });
  const bursts: number[] = [];
  const counters = createCounters();
  const read = async () => {
    looks += 1;
    return facts;
  };
  const uplink = { sendEvery: (ms: number) => void bursts.push(ms) };
  const parts = { pace, uplink, outbox, time: { ...stillTime, boot }, clock, counters, log: quiet };
  const power = await startPower({ profile: "battery", everyMs: 5, read, ...parts });
  onTestFinished(() => power.close());
  /** Waits for a look that has seen it all, and what it made of it. */
  const see = async (change: Partial<PowerFacts>, afterMs = 30_000) => {
    facts = { ...UNKNOWN_POWER, ...change };
    nowMs += afterMs;
    const before = looks;
    await until("it has looked", () => looks >= before + 3);
  };
  return { power, pace, bursts, counters, see };
}

const alertsOf = async (outbox: Outbox) => {
  const records = await outbox.read("alert", 0, 1_000);
  return records.map(({ bytes }) => JSON.parse(Buffer.from(bytes).toString()));
};

describe("startPower", () => {
  it("makes the device do less at once, and as before when all is well again", async () => {
    const outbox = await openOutbox(await tempFolder());
    const { power, pace, bursts, see } = await start(outbox, { chargePercent: 30 });

    expect(pace.now()).toMatchObject({ everyMs: 180_000, particleWorkMs: 40_000, healthEveryMs: 180_000 });
    expect(bursts.at(-1)).toBe(15 * 60_000);
    expect(power.status()).toMatchObject({ profile: "battery", facts: { chargePercent: 30 } });
    await see({ chargePercent: 80 });
    expect(pace.now()).toMatchObject({ everyMs: 60_000, particleWorkMs: 0 });
    expect(bursts.at(-1)).toBe(0);
    expect(await alertsOf(outbox)).toEqual([]);
  });

  it("tells of an episode of undervoltage once, and of the next one again", async () => {
    const outbox = await openOutbox(await tempFolder());
    const { see } = await start(outbox, { isUndervolted: false });

    for (let i = 0; i < 5; i += 1) {
      await see({ isUndervolted: true });
      await see({ isUndervolted: false });
    }
    expect(await alertsOf(outbox)).toMatchObject([{ kind: "alert", what: "power", reason: "undervoltage" }]);
    await see({ isUndervolted: false }, 11 * 60_000);
    await see({ isUndervolted: true });
    expect(await alertsOf(outbox)).toHaveLength(2);
  });

  it("tells once of an episode in which the device restarts again and again", async () => {
    const folder = await tempFolder();
    const lives: Outbox[] = [];
    for (const isUndervolted of [true, false, true, true]) {
      const outbox = await openOutbox(folder);
      lives.push(outbox);
      const { power } = await start(outbox, { isUndervolted });
      await power.close();
      expect(await alertsOf(outbox)).toHaveLength(1);
      await outbox.close();
    }
  });

  it("tells of a weak supply before it ran, once in each boot of the machine", async () => {
    const outbox = await openOutbox(await tempFolder());
    const dipped = { isUndervolted: false, sinceBoot: ["undervoltage"] };
    for (const [boot, alerts] of [
      ["b-1", 1],
      ["b-1", 1],
      ["b-2", 2],
    ] as const) {
      const { power, see } = await start(outbox, dipped, boot);
      await see(dipped, 11 * 60_000);
      await see(dipped, 11 * 60_000);
      await power.close();
      expect(await alertsOf(outbox)).toHaveLength(alerts);
    }
  });

  it("tells of an empty battery once although its gauge is away for an hour", async () => {
    const outbox = await openOutbox(await tempFolder());
    const { power, see } = await start(outbox, { chargePercent: 10 });

    await see({}, 61 * 60_000);
    expect(power.duty().isCameraAllowed).toBe(true);
    await see({ chargePercent: 10 });
    expect(power.duty().isCameraAllowed).toBe(false);
    expect(await alertsOf(outbox)).toHaveLength(1);
  });

  it("tells of an empty battery, and again when the outbox took nothing at first", async () => {
    const outbox = await openOutbox(await tempFolder());
    let refusals = 2;
    const refusing: PowerOptions["outbox"] = {
      value: outbox.value,
      append: async (messages, values) => {
        refusals -= 1;
        if (refusals >= 0) throw new Error("the disk is full");
        await outbox.append(messages, values);
      },
    };
    const { counters } = await start(refusing, { chargePercent: 9 });

    await until("it is told", async () => (await alertsOf(outbox)).length > 0);
    expect(await alertsOf(outbox)).toMatchObject([{ what: "power", reason: "battery-empty", chargePercent: 9 }]);
    expect(counters.snapshot()).toMatchObject({ unknown: 2, "power-duty-changed": 1 });
  });
});
