import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { z } from "zod";
import { randomFrom } from "../../models/random.ts";
import { maySmallDisk, mountSmallDisk } from "../support/small-disk.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { until } from "../support/until.ts";
import { drawnRoll } from "../town/camera-roll.ts";
import { auditState, pointsIn } from "./audit.ts";
import { drain } from "./drain.ts";
import { shoot } from "./driver.ts";
import { receivedCount } from "./kills.ts";
import { type Line, layLine, startAll } from "./line.ts";

const Status = z.looseObject({ errors: z.record(z.string(), z.number()) });

async function edgeErrors(line: Line): Promise<Readonly<Record<string, number>>> {
  const answer = await fetch(`${line.edgeUrl}/status`);
  return Status.parse(await answer.json()).errors;
}

describe.skipIf(!maySmallDisk)("a full disk (skipped where a tmpfs cannot be mounted)", () => {
  it("at the device: nothing is confirmed, the error is clear, and room heals it without a restart", async () => {
    const folder = await tempFolder();
    const disk = await mountSmallDisk(join(folder, "small"), 8);
    const line = await layLine({
      folder,
      edgeData: join(disk.folder, "edge"),
      edge: { READING_EVERY_S: "0.2", HEALTH_EVERY_S: "86400" },
    });
    onTestFinished(() => line.close());
    await startAll(line);
    const roll = await drawnRoll(line.cameraFolder, randomFrom(3), 0);
    await until("the line works", () => receivedCount(line) > 3, 60_000);

    // The outbox clears what was sent and gives up its reserve for that: the disk is full once that room is gone too.
    const refused = await until("a shot is refused", async () => {
      await disk.fill();
      await roll.lay("before");
      return await shoot(line.edgeUrl, "site-1", "before").then(
        () => undefined,
        (error: unknown) => String(error),
      );
    });
    await until(
      "readings are refused and counted",
      async () => ((await edgeErrors(line))["journal-unavailable"] ?? 0) > 0,
      60_000,
    );
    await disk.empty();
    await roll.lay("before");
    await until("a photo is taken again", () => shoot(line.edgeUrl, "site-1", "before"), 60_000);
    await roll.lay("after");
    const after = await shoot(line.edgeUrl, "site-1", "after");

    expect(refused).toMatch(/507/);
    expect(after.visit).toBeDefined();
    await drain(line);
    expect(auditState(line.data.cloud).visits.map(({ visit }) => visit)).toEqual([after.visit]);
  }, 180_000);

  it("at the gateway: it acknowledges nothing and says so, the devices keep all, and room heals it", async () => {
    const folder = await tempFolder();
    const disk = await mountSmallDisk(join(folder, "small"), 8);
    const line = await layLine({
      folder,
      gatewayData: join(disk.folder, "gateway"),
      edge: { READING_EVERY_S: "0.1", HEALTH_EVERY_S: "86400" },
    });
    onTestFinished(() => line.close());
    await startAll(line);
    await until("the line works", () => receivedCount(line) > 3, 60_000);

    await disk.fill();
    await until(
      "the gateway says that its journal is in trouble",
      async () => {
        const health = await (await fetch(`${line.gatewayUrl}/healthz`)).text();
        return (
          /journal/.test(health) && /full|ENOSPC|disk|unhealthy|degraded/i.test(health) && !/"status":"ok"/.test(health)
        );
      },
      60_000,
    );
    const before = receivedCount(line);
    await disk.empty();

    await until("it takes messages again", () => receivedCount(line) > before + 20, 90_000);
    const last = await drain(line);
    expect(pointsIn(line.data.cloud)).toBe(last);
  }, 180_000);
});
