import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { momentOf, parseTable } from "../../../../cloud/air/eval/csv.ts";
import { evaluateNetwork } from "../../../../cloud/air/eval/evaluate-network.ts";
import { evaluatePairs } from "../../../../cloud/air/eval/evaluate-pairs.ts";
import { drawFrom, errorsOf } from "../../../../cloud/air/eval/metrics.ts";
import { readDeviceAndReference, readPairs } from "../../../../cloud/air/eval/paired-hours.ts";
import { readNetwork } from "../../../../cloud/air/eval/read-network.ts";
import { networkText } from "../../../../cloud/air/eval/report-text.ts";
import { tempFolder } from "../../../support/temp-folder.ts";

const HOUR_MS = 3_600_000;

describe("reading tables of recordings", () => {
  it("takes any separator, order, case, quotes, byte order mark and line ends; an empty cell is no value", () => {
    const table = parseTable(
      "t.csv",
      '\uFEFFTime; PM2_5 ;note\r\n2020-01-01;"1,5";x\r\n;;\r\n2020-01-02;;"a;""b"""\r\n',
    );

    expect(table.columns).toEqual(["time", "pm2_5", "note"]);
    expect(table.rows.map((row) => [row.line, row.number("pm2_5"), row.text("NOTE")])).toEqual([
      [2, undefined, "x"],
      [4, undefined, 'a;"b"'],
    ]);
  });

  it("takes lines that end as on an old Macintosh, also with quotes", () => {
    const table = parseTable("t.csv", 'time,"pm2_5"\r2020-01-01,"1"\r2020-01-02,2\r');

    expect(table.columns).toEqual(["time", "pm2_5"]);
    expect(table.rows.map((row) => [row.line, row.number("pm2_5")])).toEqual([
      [2, 1],
      [3, 2],
    ]);
  });

  it("reads times with and without a zone", () => {
    const noon = Date.UTC(2020, 6, 15, 12);
    for (const text of [
      "2020-07-15 15:00:00 EAT",
      "2020-07-15T15:00+03:00",
      "2020-07-15T12:00:00Z",
      "2020-07-15 15:00:00",
    ]) {
      expect(momentOf(text, 3)).toBe(noon);
    }
    expect(momentOf(String(noon / 1000), 3)).toBe(noon);
    expect(momentOf("yesterday", 3)).toBeUndefined();
  });

  it("says which column is missing, and in which file", async () => {
    const file = join(await tempFolder(), "pairs.csv");
    await writeFile(file, "created_at,pm10\n2020-01-01,3\n");

    await expect(readPairs(file, 0)).rejects.toThrow(
      `${file} has no column pm2_5 or pm2.5 or pm25; it has created_at, pm10`,
    );
    await expect(readPairs(`${file}.not`, 0)).rejects.toThrow("cannot be read");
  });

  it("joins a monitor that stamps the end of its hour with the hour before", async () => {
    const folder = await tempFolder();
    const [device, reference] = [join(folder, "device.csv"), join(folder, "reference.csv")];
    const rows = [10, 20, 30].flatMap((minute) => [
      `2020-07-15 09:${minute}:00,40,,42,"0.3,32,1200,0,9,1,40,30,25,60,880"`,
    ]);
    await writeFile(device, `created_at,field1,field2,field3,field8\n${rows.join("\n")}\n`);
    await writeFile(
      reference,
      "Time,ConcHR(ug/m3),Status\n2020-07-15 10:00:00,+00028.4,0\n2020-07-15 11:00:00,+00031.0,128\n",
    );

    const { hours } = await readDeviceAndReference(device, reference, { hoursAhead: 3, endOfHour: true });

    expect(hours).toEqual([
      { at: Date.UTC(2020, 6, 15, 6), mass: 41, doChannelsAgree: true, humidity: 60, temperature: 25, reference: 28.4 },
    ]);
  });

  it("counts an hour once however often it stands in the files, and says how often it was repeated", async () => {
    const folder = await tempFolder();
    const [device, reference, pairs] = ["d.csv", "r.csv", "p.csv"].map((name) => join(folder, name));
    const samples = [10, 20, 30].map((minute) => `2020-07-15 09:${minute}:00,40,42`).join("\n");
    await writeFile(`${device}`, `created_at,field1,field3\n${samples}\n${samples}\n`);
    await writeFile(`${reference}`, `Time,ConcHR(ug/m3)\n${"2020-07-15 10:00:00,28.4\n".repeat(2)}`);
    const rows = "2020-01-01T00:00Z,north,10,12\n2020-01-01T00:00Z,south,20,22\n2020-01-01T01:00Z,north,30,32\n";
    await writeFile(`${pairs}`, `created_at,site,pm2_5,ref_pm2_5\n${rows}${rows}`);

    const beside = await readDeviceAndReference(`${device}`, `${reference}`, { hoursAhead: 3, endOfHour: true });
    const joined = await readPairs(`${pairs}`, 0);

    expect([beside.hours.length, beside.repeated]).toEqual([1, 1]);
    expect(joined.hours.map(({ mass }) => mass)).toEqual([10, 20, 30]);
    expect(joined.repeated).toBe(3);
  });

  it("takes a code of a missing value for no temperature", async () => {
    const file = join(await tempFolder(), "pairs.csv");
    await writeFile(
      file,
      "created_at,pm2_5,temp,humidity,ref_pm2_5\n2020-01-01,10,-999,-999,12\n2020-01-02,10,-20,80,12\n",
    );

    const { hours } = await readPairs(file, 0);

    expect(hours.map(({ temperature, humidity }) => [temperature, humidity])).toEqual([
      [null, null],
      [-20, 80],
    ]);
  });

  it("says little of a file that is no table", async () => {
    const file = join(await tempFolder(), "pairs.csv");
    await writeFile(file, "x".repeat(300_000));

    const trouble = await readPairs(file, 0).catch(String);

    expect(trouble).toContain("has no column created_at");
    expect(String(trouble).length).toBeLessThan(1_000);
  });
});

describe("judging corrections beside a reference", () => {
  it("computes the figures", () => {
    const pairs = [1, 2, 3].map((reference) => ({ at: 0, estimate: 2 * reference + 1, reference }));

    expect(errorsOf(pairs)).toMatchObject({ n: 3, bias: 3, mae: 3, r2: 1, slope: 2, intercept: 1 });
    expect(errorsOf(pairs).rmse).toBeCloseTo(Math.sqrt((4 + 9 + 16) / 3), 9);
  });

  it("finds the line that the earlier hours follow, and judges it on later ones alone", () => {
    const random = drawFrom(1);
    const hours = Array.from({ length: 400 }, (_, i) => {
      const [mass, humidity] = [20 + 80 * random(), 30 + 60 * random()];
      return {
        at: i * HOUR_MS,
        mass,
        humidity,
        temperature: 20,
        doChannelsAgree: null,
        reference: 0.6 * mass - 0.1 * humidity + 12,
      };
    });

    const report = evaluatePairs({ hours, repeated: 0 }, "pm25_atm");

    const fitted = report.results.find(({ formula }) => formula === "fit-humidity@1");
    expect(fitted?.fit).toMatchObject({ pairs: 240 });
    expect(fitted?.fit?.x).toBeCloseTo(0.6, 6);
    expect(fitted?.figures.rmse).toBeCloseTo(0, 6);
    expect(report.later).toMatchObject({ n: 160, from: 240 * HOUR_MS });
    expect(report.skipped.join()).toContain("epa-2021@1: takes pm25_cf1");
    // A temperature that never changes cannot be told from the constant.
    expect(report.skipped.join()).toContain("fit-climate");
  });
});

describe("judging a network", () => {
  it("lists what it finds, keeps smoke and zeros, and finds most of what was put in", async () => {
    const folder = join(await tempFolder(), "network");
    await mkdir(folder);
    const random = drawFrom(3);
    const stations = Array.from({ length: 9 }, (_, i) => `10${i}`);
    const lines = Array.from({ length: 6 * 24 * 6 }, (_, step) => {
      const smoke = step > 700 && step < 800 ? 200 : step < 50 ? 0 : 8;
      return stations.map((id) => {
        const [a, b] = [smoke * (0.9 + 0.2 * random()), smoke * (0.9 + 0.2 * random())];
        const broken = id === "101" && step > 60 && step < 130 ? 90 : b;
        return `${1_700_000_000 + step * 600},${id},${a.toFixed(2)},${broken.toFixed(2)},68,45`;
      });
    }).flat();
    await writeFile(
      join(folder, "a.csv"),
      `time_stamp,id,pm2.5_atm_a,pm2.5_atm_b,temperature,humidity\n${lines.join("\n")}\n`,
    );
    await writeFile(
      join(folder, "where.csv"),
      `id,latitude,longitude\n${stations.map((id, i) => `${id},55.${i},61`).join("\n")}`,
    );
    await writeFile(join(folder, "other.csv"), "name\nx\n");

    const report = evaluateNetwork(await readNetwork(folder));

    expect(report.notes).toContain("other.csv: no column id or sensor_id or sensor_index, left out");
    expect(report.smoke.samples).toBeGreaterThan(1_500);
    expect(report.smoke.counting / report.smoke.samples).toBeGreaterThan(0.99);
    expect(report.zeros.counting).toBe(report.zeros.samples);
    expect(report.findings.filter(({ check }) => check === "channels-disagree")).toMatchObject([
      { station: "101", channel: "a", samples: 69 },
      { station: "101", channel: "b", samples: 69 },
    ]);
    const said = networkText("a network", report);
    const listed = said.split("\n").filter((line) => / samples(, mean|$)/.test(line) && line.startsWith("  20"));
    expect(listed).toHaveLength(report.findings.length);
    expect(report.detections.find(({ fault }) => fault.startsWith("one channel stuck"))?.recall).toBeGreaterThan(0.9);
  });
});
