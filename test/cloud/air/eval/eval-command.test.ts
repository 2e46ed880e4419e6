import { execFile } from "node:child_process";
import { chmod, lstat, mkdir, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import { formulaOfFit } from "../../../../cloud/air/correction/choose.ts";
import { evaluate } from "../../../../cloud/air/correction/evaluate.ts";
import { evaluatePairs } from "../../../../cloud/air/eval/evaluate-pairs.ts";
import { fitEntry, sayJudged, withFit, writeFit } from "../../../../cloud/air/eval/fit-entry.ts";
import { errorsOf } from "../../../../cloud/air/eval/metrics.ts";
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

/** From 10 to 59 µg/m³; the highest is among the first 36 hours, of which fits are made. */
const calm = (hour: number): number => 10 + ((hour * 37) % 50);

interface PairsFile {
  readonly hours?: number;
  readonly massOf?: (hour: number) => number;
}

/** Hours in which a reference says so of each mass; fits are made of the first 60 % of them. */
async function writePairs(
  folder: string,
  referenceOf: (mass: number, hour: number) => number,
  { hours = 60, massOf = calm }: PairsFile = {},
): Promise<string> {
  const file = join(folder, "pairs.csv");
  const rows = Array.from({ length: hours }, (_, i) => {
    const mass = massOf(i);
    return `2020-01-0${1 + Math.floor(i / 24)} ${i % 24}:00,${mass},${referenceOf(mass, i)}`;
  });
  await writeFile(file, `created_at,pm2_5,ref_pm2_5\n${rows.join("\n")}\n`);
  return file;
}

/** A hundred hours, the last of them in smoke. */
const smokeFrom = (first: number): PairsFile => ({ hours: 100, massOf: (i) => (i < first ? calm(i) : 200 + i) });

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

  it("puts into force what was judged, to the last digit and with its highest input", async () => {
    const file = await writePairs(
      await tempFolder(),
      (mass, hour) => mass / 3 + 7.12345678 + (hour % 5),
      smokeFrom(95),
    );
    const paired = await readPairs(file, 0);
    const report = evaluatePairs(paired, "pm25");

    const formula = formulaOfFit(fitEntry(report, WANTED));
    const later = paired.hours.filter(({ at }) => at >= report.later.from);
    const said = later.flatMap((hour) => {
      const estimate = evaluate(formula, hour.mass, hour);
      return typeof estimate === "number" ? [{ at: hour.at, estimate, reference: hour.reference }] : [];
    });

    const judged = report.results.find(({ formula: name }) => name === "fit-linear@1");
    expect(judged).toMatchObject({ figures: errorsOf(said), without: 5 });
    expect([later.length, said.length]).toEqual([40, 35]);
    expect(sayJudged(report, "linear")).toContain("no value for 5 of 40 later hours (it was made of hours up to 59.0");
  });

  it("refuses a fit that would be silent in smoke, and one that too few hours judge", async () => {
    const folder = await tempFolder();
    const entryOf = async (smoke: PairsFile) => {
      const pairs = await writePairs(folder, (mass) => mass / 2, smoke);
      return fitEntry(evaluatePairs(await readPairs(pairs, 0), "pm25"), WANTED);
    };

    expect(await entryOf(smokeFrom(90))).toMatchObject({ maxInput: 59 });
    await expect(entryOf(smokeFrom(89))).rejects.toThrow("linear gives no value for 11 of 40 later hours");
    await expect(entryOf(smokeFrom(60))).rejects.toThrow("fit-linear: no later hour for it");
    await expect(entryOf({ hours: 55 })).rejects.toThrow("only 22 later hours");
  });

  it("keeps link, mode and neighbours of the registry file, and tells what it wrote and which places keep their own rule", async () => {
    const folder = await tempFolder();
    const pairs = await writePairs(folder, (mass) => 0.5 * mass + 3);
    const [real, link] = [join(folder, "real.json"), join(folder, "registry.json")];
    const yard = { station: "station-1", formula: "none" };
    await writeFile(real, JSON.stringify({ ...aRegistry(), corrections: { fits: [], rules: [yard] } }));
    await chmod(real, 0o662);
    await symlink(real, link);
    const write = (...more: string[]) =>
      evalAir("--pairs", pairs, "--fit", "linear", ...NAMED, "--write", link, ...more);

    const said = await write();
    const told = JSON.parse(await write("--json"));

    expect(said).toContain("version 1");
    expect(said).toContain("no value for 0 of 24 later hours");
    expect(said).toContain('it holds instead: {"station":"station-1","formula":"none"}');
    expect(told.entry).toEqual(JSON.parse(await readFile(real, "utf8")).corrections.fits[0]);
    expect(told.entry.version).toBe(2);
    expect((await lstat(link)).isSymbolicLink()).toBe(true);
    expect((await stat(real)).mode & 0o777).toBe(0o662);
    expect((await readdir(folder)).sort()).toEqual(["pairs.csv", "real.json", "registry.json"]);
  });

  it("leaves the file and nothing beside it where it cannot be replaced", async () => {
    const folder = await tempFolder();
    const file = join(folder, "registry.json");
    const text = JSON.stringify(aRegistry());
    await writeFile(file, text);
    // What is written beside is a folder here: nobody can write it, not even root.
    await mkdir(join(folder, "registry.json.new"));
    const report = evaluatePairs(await readPairs(await writePairs(folder, (mass) => 0.5 * mass), 0), "pm25");

    await expect(writeFit(file, fitEntry(report, WANTED))).rejects.toThrow("is as it was");
    expect(await readFile(file, "utf8")).toBe(text);
  });

  it("takes a fit of one input only", async () => {
    const folder = await tempFolder();
    const pairs = await writePairs(folder, (mass) => 0.5 * mass + 3);
    const both = evalAir("--pairs", pairs, "--device", pairs, "--reference", pairs, "--fit", "linear", ...NAMED);

    await expect(both).rejects.toMatchObject({ stderr: expect.stringContaining("one of the two") });
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
