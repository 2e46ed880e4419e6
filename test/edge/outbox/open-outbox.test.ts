import { statfs } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { systemClock } from "#kit/clock.ts";
import { loadConfig } from "#kit/load-config.ts";
import { createCounters } from "../../../edge/health/counters.ts";
import { openOutbox } from "../../../edge/outbox/open-outbox.ts";
import { budgetFor } from "../../../edge/outbox/outbox-room.ts";
import { photoMessages } from "../../../edge/visits/photo-messages.ts";
import { EdgeConfig } from "../../../firmware-config/settings/edge-settings.ts";
import { maySmallDisk, mountSmallDisk } from "../../support/small-disk.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { quiet, stillTime } from "../support/fakes.ts";
import { aReading, STAMP } from "../support/messages.ts";

const MIB = 1024 * 1024;

/** The outbox of a device with this setting, as the program opens it. */
async function openAt(DATA_DIR: string, bytes: number) {
  const installed = { TENANT: "demo", DEVICE: "truck-1", TOKEN: "0123456789abcdef", BROKER_URL: "mqtt://127.0.0.1:1" };
  const config = loadConfig(EdgeConfig, { ...installed, DATA_DIR, OUTBOX_BYTES: String(bytes) });
  const counters = createCounters();
  const outbox = await openOutbox(config, {
    address: { tenant: "demo", device: "truck-1" },
    newLog: "log-1",
    time: stillTime,
    clock: systemClock,
    counters,
    log: quiet,
    onError: (error) => {
      throw error;
    },
  });
  onTestFinished(() => outbox.close());
  return { outbox, counters };
}

/** Photos of this device, each its own. */
const aPhoto = (i: number) => photoMessages(Buffer.alloc(200_000, `photo ${i}`), STAMP);

describe("the outbox of a device", () => {
  it("loses nothing of what waits when OUTBOX_BYTES becomes smaller, and does not grow for ever either", async () => {
    const folder = await tempFolder();
    const { outbox: large } = await openAt(folder, 64 * MIB);
    for (let i = 0; i < 120; i += 1) await large.append(aPhoto(i));
    const { byClass: before } = large.pending();
    await large.close();

    const { outbox, counters } = await openAt(folder, 16 * MIB);
    for (let i = 0; i < 20; i += 1) await outbox.append([aReading(i)]);

    expect(outbox.pending().byClass).toEqual({ ...before, reading: 20 });
    expect(counters.snapshot()).toEqual({ "outbox-larger-than-set": 1 });
    for (let i = 120; i < 200; i += 1) await outbox.append(aPhoto(i));
    expect(outbox.pending().budgetBytes).toBeLessThan(28 * MIB);
    expect(outbox.pending().byClass.chunk).toBeLessThan(1.2 * (before.chunk ?? 0));
  }, 60_000);

  it("takes no more of a disk than half of what it has for it, whatever OUTBOX_BYTES says", async () => {
    const folder = await tempFolder();
    const { bavail, bsize } = await statfs(folder);

    const { outbox, counters } = await openAt(folder, 9_000_000_000_000_000);

    expect(outbox.pending().budgetBytes).toBeLessThanOrEqual((bavail * bsize) / 1.9);
    expect(counters.snapshot()).toEqual({ "outbox-limited-by-disk": 1 });
  });

  it.skipIf(!maySmallDisk)(
    "takes alerts on a small disk that photos have filled",
    async () => {
      const disk = await mountSmallDisk(join(await tempFolder(), "small"), 24);
      const { outbox } = await openAt(disk.folder, 9_000_000_000_000_000);
      for (let i = 0; i < 150; i += 1) await outbox.append(aPhoto(i)).catch(() => {});

      for (let i = 0; i < 20; i += 1) await outbox.append([{ kind: "alert", ...STAMP, what: "tamper" }]);

      expect(outbox.pending().byClass.alert).toBeGreaterThanOrEqual(20);
    },
    60_000,
  );

  it("goes back to what is set once what waits fits in, and keeps what waits on a disk that others have filled", () => {
    const room = { files: 0, free: 100 * MIB };

    expect(budgetFor(10 * MIB, room, 16 * MIB)).toBe(16 * MIB);
    expect(budgetFor(20 * MIB, room, 16 * MIB)).toBe(24 * MIB);
    expect(budgetFor(80 * MIB, { files: 90 * MIB, free: 0 }, 16 * MIB)).toBe(80 * MIB);
    expect(budgetFor(0, { files: 0, free: 0 }, 16 * MIB)).toBe(MIB);
  });
});
