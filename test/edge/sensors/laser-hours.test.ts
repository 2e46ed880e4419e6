import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { systemClock } from "#kit/clock.ts";
import { openLaserHours } from "../../../edge/sensors/laser-hours.ts";
import { openLineSensor } from "../../../edge/sensors/line-sensor.ts";
import { createSds011 } from "../../../edge/sensors/sds011-instrument.ts";
import { ByteAddress } from "../../../firmware-config/settings/byte-address.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { until } from "../../support/until.ts";
import { createSds011StandIn, plugIn } from "./stand-ins.ts";
import { openSocketLine } from "./test-line.ts";

const HOUR_MS = 3_600_000;

async function openHours(file: string, troubles: string[] = [], saveEveryMs?: number) {
  const hours = await openLaserHours(file, (reason) => void troubles.push(reason), saveEveryMs);
  onTestFinished(() => hours.close());
  return hours;
}

describe("openLaserHours", () => {
  it("keeps the count of each instrument over a restart", async () => {
    const file = join(await tempFolder(), "hours.json");
    const first = await openHours(file);
    first.add("sds011-A160", 1.5 * HOUR_MS);
    first.add("sds011-A160", HOUR_MS / 2);
    first.add("sds011-0001", HOUR_MS);
    await first.close();

    const second = await openHours(file);

    expect(second.hoursOf("sds011-A160")).toBe(2);
    expect(second.hoursOf("sds011-0001")).toBe(1);
    expect(second.hoursOf("never-seen")).toBe(0);
  });

  it("saves by itself, so that a power cut costs little", async () => {
    const file = join(await tempFolder(), "hours.json");
    const hours = await openHours(file, [], 20);
    hours.add("sds011-A160", HOUR_MS);

    await until("it is on disk", async () => (await readFile(file, "utf8")).includes('"sds011-A160":1'));
  });

  it("puts a file aside that it does not understand, and says so", async () => {
    const file = join(await tempFolder(), "hours.json");
    await writeFile(file, '{"sds011-A160": "man');
    const troubles: string[] = [];

    const hours = await openHours(file, troubles);

    expect(troubles).toEqual([expect.stringContaining("begin at zero")]);
    expect(await readFile(`${file}.bad`, "utf8")).toContain("man");
    expect(hours.hoursOf("sds011-A160")).toBe(0);
  });

  it("says that it cannot save, goes on counting, and saves once it can", async () => {
    const folder = join(await tempFolder(), "not-yet");
    const file = join(folder, "hours.json");
    const troubles: string[] = [];
    const hours = await openHours(file, troubles, 20);
    hours.add("sds011-A160", HOUR_MS);
    await until("it says so", () => troubles.length > 0);

    await mkdir(folder);

    await until("it is on disk", async () => (await readFile(file, "utf8")).includes("A160"));
    expect(hours.hoursOf("sds011-A160")).toBe(1);
  });
});

describe("openLineSensor with laser hours", () => {
  it("counts while the laser burns, under the instrument's own number, and says when its life is over", async () => {
    const file = join(await tempFolder(), "hours.json");
    await writeFile(file, '{"sds011-A160": 7999.99999}');
    const hours = await openHours(file);
    const line = await openSocketLine();
    plugIn(createSds011StandIn(), line);
    const sensor = openLineSensor({
      name: "sds011",
      instrument: createSds011({ fields: ["pm25"], isAsked: false }),
      address: ByteAddress.parse(line.address),
      onLost: () => {},
      random: () => 0,
      clock: systemClock,
      hours,
      tickMs: 20,
    });
    onTestFinished(() => sensor.close());

    const worn = await until("its life is over", async () => {
      const sample = await sensor.sample();
      return sample?.status.includes("laser-life-exceeded") ? sample : undefined;
    });

    expect(worn.values).toEqual({ pm25: 12 });
    expect(hours.hoursOf("sds011-A160")).toBeGreaterThan(8_000);
    expect(sensor.health().about).toMatch(/laser 8000 of 8000 h: replace the sensor soon/);
  });
});
