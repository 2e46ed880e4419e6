import { describe, expect, it, onTestFinished } from "vitest";
import { systemClock } from "#kit/clock.ts";
import { createCounters } from "../../../edge/health/counters.ts";
import { watchOldest } from "../../../edge/outbox/oldest-age.ts";
import { openOutbox } from "../../../edge/outbox/open-outbox.ts";
import { EdgeConfig } from "../../../firmware-config/settings/edge-settings.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { quiet, stillTime } from "../support/fakes.ts";
import { aReading, STAMP } from "../support/messages.ts";

describe("watchOldest", () => {
  it("says how long readings wait that are held back, and ends no burst with its look", async () => {
    const config = EdgeConfig.parse({
      TENANT: "demo",
      DEVICE: "post-1",
      TOKEN: "x".repeat(32),
      BROKER_URL: "mqtt://127.0.0.1:1883",
      DATA_DIR: await tempFolder(),
    });
    const address = { tenant: "demo", device: "post-1" };
    const parts = { clock: systemClock, counters: createCounters(), log: quiet, onError: () => {} };
    const outbox = await openOutbox(config, { ...parts, address, newLog: "log-1", time: stillTime });
    onTestFinished(() => outbox.close());
    outbox.sendEvery(3_600_000);
    expect(await outbox.read("reading", 0, 1)).toEqual([]);
    await outbox.append([aReading()]);
    expect(await outbox.read("reading", 0, 1)).toEqual([]);

    const oldest = watchOldest(outbox, { stamp: () => ({ ...STAMP, up: STAMP.up + 60_000 }) });
    expect(await oldest.ages()).toEqual({ reading: 60_000 });

    outbox.sendEvery(1_800_000);
    await oldest.ages();
    await outbox.peek("reading", 1, 1);
    expect((await outbox.read("reading", 0, 1)).length).toBe(1);
  });
});
