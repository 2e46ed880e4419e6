import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import { evaluatePairs } from "../../../../cloud/air/eval/evaluate-pairs.ts";
import { fitEntry, withFit, writeFit } from "../../../../cloud/air/eval/fit-entry.ts";
import { readPairs } from "../../../../cloud/air/eval/paired-hours.ts";
import { storeReadings } from "../../../../cloud/ingest/store-readings.ts";
import { readRegistry } from "../../../../cloud/registry/watch-registry.ts";
import { aReading, aRegistry, letterOf, NOON, POST } from "../../../support/builders.ts";
import { httpParts, openHttp } from "../../../support/http-fixture.ts";
import { tempFolder } from "../../../support/temp-folder.ts";
import { openReadingStores } from "../../ingest/reading-stores.ts";

const MAIN = new URL("../../../../cloud/air/eval/main.ts", import.meta.url).pathname;
/** The command as a person runs it. */
const evalAir = async (...args: string[]) => (await promisify(execFile)(process.execPath, [MAIN, ...args])).stdout;

/** Sixty hours in which a reference says so of each mass. */
async function writePairs(folder: string, referenceOf: (mass: number, hour: number) => number): Promise<string> {
  const file = join(folder, "pairs.csv");
  const rows = Array.from({ length: 60 }, (_, i) => {
    const mass = 10 + ((i * 37) % 50);
    return `2020-01-0${1 + Math.floor(i / 24)} ${i % 24}:00,${mass},${referenceOf(mass, i)}`;
  });
  await writeFile(file, `created_at,pm2_5,ref_pm2_5\n${rows.join("\n")}\n`);
  return file;
}

const WANTED = { id: "fit-lenina", terms: "linear", models: ["sds011"], reference: "post 23", data: "pairs.csv" };
const NAMED = ["--id", "fit-lenina", "--model", "sds011", "--beside", "post 23", "--scale", "pm25"];

describe("npm run eval:air", () => {
  it("puts a fit into force, also from hours behind UTC: the cloud corrects by it, and tells its name with the value", async () => {
    const folder = await tempFolder();
    const pairs = await writePairs(folder, (mass) => 0.5 * mass + 3);
    const file = join(folder, "registry.json");
    await writeFile(file, JSON.stringify({ ...aRegistry(), note: "of the operator" }));

    const said = await evalAir("--pairs", pairs, "--utc-offset", "-5", "--fit", "linear", ...NAMED, "--write", file);

    expect(said).toContain("fit-lenina is in force");
    const registry = await readRegistry(file);
    const { stores, view, written } = await openReadingStores();
    const samples = [{ at: NOON, up: 1, values: { pm25: 40 } }];
    const reading = aReading({ sensor: "sds", model: "sds011", samples });
    await storeReadings([letterOf(reading, POST)], { ...stores, registry: () => registry });
    expect(written[0]?.fields).toMatchObject({ pm25: 40, pm25_corrected: 23, correction: "fit-lenina@1" });

    const parts = httpParts({ view, registry: { current: () => registry, trouble: () => null } });
    const { app, close } = await openHttp(parts);
    onTestFinished(close);
    const station = (await app.inject({ url: "/api/v1/stations/station-1" })).json();
    expect(station.properties.air.pm25.now).toMatchObject({ value: 23, raw: 40, correction: "fit-lenina@1" });
    expect(station.formulas).toEqual({
      "fit-lenina": { en: "fitted beside post 23", ru: "подогнано рядом с post 23" },
    });
    const kept = JSON.parse(await readFile(file, "utf8"));
    expect(kept.note).toBe("of the operator");
    expect(kept.corrections.fits).toMatchObject([{ pairs: 36, from: Date.UTC(2020, 0, 1, 5) }]);
    expect(kept.corrections.rules).toEqual([{ model: "sds011", formula: "fit-lenina" }]);
  });

  it("gives a fit that is in force already its next version, and no second rule", async () => {
    const report = evaluatePairs(
      await readPairs(await writePairs(await tempFolder(), (mass) => 0.5 * mass), 0),
      "pm25",
    );
    const fit = fitEntry(report, WANTED);

    const again = withFit(withFit(undefined, fit), fit);

    expect(again.fits).toMatchObject([{ id: "fit-lenina", version: 2 }]);
    expect(again.rules).toEqual([{ model: "sds011", formula: "fit-lenina" }]);
  });

  it("leaves in force what was decided for a place, and takes the place of what held for the instrument", async () => {
    const report = evaluatePairs(
      await readPairs(await writePairs(await tempFolder(), (mass) => 0.5 * mass), 0),
      "pm25",
    );
    const yard = { station: "yard-7", formula: "none" };
    const others = { model: "pms5003", formula: "koehler-atm" };

    const { rules } = withFit(
      { fits: [], rules: [yard, { model: "sds011", formula: "hackair" }, others] },
      fitEntry(report, WANTED),
    );

    expect(rules).toEqual([others, { model: "sds011", formula: "fit-lenina" }, yard]);
  });

  it("refuses a fit that makes later hours worse, and a file that is no registry, and changes nothing then", async () => {
    const folder = await tempFolder();
    const judge = async (referenceOf: (mass: number, hour: number) => number) =>
      evaluatePairs(await readPairs(await writePairs(folder, referenceOf), 0), "pm25");
    const worse = await judge((mass, hour) => (hour < 36 ? mass / 4 : mass));
    const good = await judge((mass) => 0.5 * mass + 3);
    const file = join(folder, "registry.json");
    await writeFile(file, "{}");

    expect(() => fitEntry(worse, WANTED)).toThrow("no better than no correction");
    expect(() => fitEntry(good, { ...WANTED, terms: "climate" })).toThrow("there are: linear");
    expect(() => fitEntry(good, { ...WANTED, id: "Lenina" })).toThrow("the registry would not take it");
    await expect(writeFit(file, fitEntry(good, WANTED))).rejects.toThrow("is no registry");
    expect(await readFile(file, "utf8")).toBe("{}");
  });
});
