import { describe, expect, it } from "vitest";
import { CAMERA_WORDS } from "../../../edge/health/camera-words.ts";
import type { DeviceReport } from "../../../edge/health/device-report.ts";
import { DOCTOR_WORDS } from "../../../edge/health/doctor-words.ts";
import { hasTodo, levelOf, tell, tellBytes, tellSpan } from "../../../edge/health/finding.ts";
import { FINDING_WORDS, type FindingKind } from "../../../edge/health/finding-words.ts";
import { findingsOf } from "../../../edge/health/findings.ts";
import { PHOTO_WORDS } from "../../../edge/health/photo-words.ts";
import { TWIN_WORDS } from "../../../edge/health/twin-words.ts";
import { UNKNOWN_POWER } from "../../../edge/power/power-facts.ts";
import { aReport, aSensorReport } from "../support/a-report.ts";
import { STAMP } from "../support/messages.ts";

const codeOf = (part: string, change: Partial<DeviceReport>) =>
  findingsOf(aReport(change)).find((finding) => finding.part === part)?.code;
const well = aReport();
const camera = { camera: "rpicam", reason: null, trouble: null, lastShotAt: null, openVisits: [] };
const LATE = { ...STAMP, up: 1_000_000 };
const host = (disk: Partial<NonNullable<DeviceReport["host"]["disk"]>>): Partial<DeviceReport> => ({
  host: {
    ...well.host,
    disk: { freeBytes: 24e9, totalBytes: 32e9, freeInodes: 1_000_000, isReadOnly: false, ...disk },
  },
});
const power = (
  facts: Partial<DeviceReport["power"]["facts"]>,
  duty: Partial<DeviceReport["power"]["duty"]> = {},
): Partial<DeviceReport> => ({
  power: { ...well.power, facts: { ...UNKNOWN_POWER, ...facts }, duty: { ...well.power.duty, ...duty } },
});
const twin = (change: Partial<DeviceReport["twin"]>) => ({ twin: { ...well.twin, rev: 3, ...change } });
const run = {
  software: "0.1.0",
  kernel: null,
  startedAt: null,
  hasSettled: false,
  end: "crashed",
  error: "x",
} as const;

describe("findingsOf", () => {
  it("finds nothing to do about a device that is well", () => {
    expect(findingsOf(well).filter((finding) => levelOf(finding) !== "well")).toEqual([]);
    expect(findingsOf(well).filter(hasTodo)).toEqual([]);
  });

  it.each<[string, string, Partial<DeviceReport>]>([
    ["model", "model-missing", { model: null, modelTrouble: "no manifest" }],
    ["model", "model-unneeded", { camera: null, model: null }],
    ["camera", "camera-none", { camera: null }],
    ["camera", "camera-cable", { camera: { ...camera, reason: "cable", trouble: "no picture" } }],
    ["camera", "camera-unseen", { camera: { ...camera, trouble: "not looked at yet" } }],
    ["camera", "photo-covered", { photoTrouble: "covered" }],
    ["camera", "camera-cable", { photoTrouble: "dark", camera: { ...camera, reason: "cable", trouble: "no picture" } }],
    ["sensors", "sensors-none", { sensors: [] }],
    [
      "sensor sds011",
      "sensor-lost",
      { sensors: [aSensorReport({ isReachable: false, hasSpoken: false, trouble: "ENOENT" })] },
    ],
    [
      "sensor sds011",
      "sensor-unreadable",
      { sensors: [aSensorReport({ isKernels: true, isReachable: false, trouble: "gone" })] },
    ],
    ["sensor sds011", "sensor-waiting", { sensors: [aSensorReport({ hasSpoken: false, lastUp: null })] }],
    ["sensor sds011", "sensor-silent", { now: LATE, sensors: [aSensorReport({ hasSpoken: false, lastUp: null })] }],
    ["sensor sds011", "sensor-silent", { now: LATE, sensors: [aSensorReport()] }],
    ["sensor sds011", "sensor-noise", { now: LATE, sensors: [aSensorReport({ badFrames: 9, lastBadFrames: 2 })] }],
    ["sensor sds011", "sensor-hung", { sensors: [aSensorReport({ isHung: true })] }],
    ["sensor sds011", "sensor-stuck", { sensors: [aSensorReport({ status: ["out-of-spec-temperature", "stuck"] })] }],
    ["clock", "clock-none", { now: { ...STAMP, at: null, clock: "none" } }],
    ["clock", "clock-rtc", { now: { ...STAMP, clock: "rtc" } }],
    ["outbox", "outbox-refuses", { outbox: { ...well.outbox, trouble: "disk full" } }],
    ["outbox", "outbox-filling", { outbox: { ...well.outbox, budgetBytes: 100, bytesByClass: { chunk: 81 } } }],
    ["outbox", "outbox-long", { outbox: { ...well.outbox, total: 1, ages: { visit: 90_000_000 } } }],
    ["outbox", "outbox-dropped", { errors: { "dropped-chunk": 7 } }],
    ["certificate", "certificate-unneeded", { certificate: null }],
    ["certificate", "certificate-missing", { certificate: { serial: null, notAfter: null, trouble: "no claim" } }],
    [
      "certificate",
      "certificate-clock",
      { certificate: { serial: null, notAfter: null, trouble: "x cannot be reached: certificate is not yet valid" } },
    ],
    [
      "certificate",
      "certificate-waits",
      { certificate: { serial: null, notAfter: null, trouble: "x cannot be reached: ECONNREFUSED" } },
    ],
    ["certificate", "certificate-expired", { certificate: { serial: "1", notAfter: STAMP.at - 1, trouble: "x" } }],
    ["certificate", "certificate-trouble", { certificate: { serial: "1", notAfter: STAMP.at + 1, trouble: "x" } }],
    ["broker", "broker-away", { uplink: { ...well.uplink, connected: false, trouble: "ECONNREFUSED" } }],
    ["twin", "twin-none", {}],
    ["twin", "twin-well", twin({ settings: { LOG_LEVEL: "warn" } })],
    ["twin", "twin-trial", twin({ onTrial: true })],
    ["twin", "twin-refused", twin({ refused: [{ setting: "TENANT", reason: "may not" }] })],
    ["twin", "twin-restart", twin({ needsRestart: true })],
    ["twin", "twin-unkept", twin({ trouble: "the disk is full" })],
    ["disk", "disk-low", host({ freeBytes: 1_000_000 })],
    ["disk", "disk-inodes", host({ freeInodes: 3 })],
    ["disk", "disk-read-only", host({ isReadOnly: true })],
    ["disk", "disk-unknown", { host: { ...well.host, disk: null, diskTrouble: "ENOENT" } }],
    ["memory", "memory-low", { host: { ...well.host, memory: { availableBytes: 1, totalBytes: 1e9 } } }],
    ["power", "power-undervoltage", power({ isUndervolted: true })],
    ["power", "power-was-undervoltage", power({ isUndervolted: false, sinceBoot: ["undervoltage"] })],
    ["power", "power-low", power({ chargePercent: 12 }, { burstMs: 900_000 })],
    ["power", "power-battery", power({ chargePercent: 80 })],
    ["power", "power-well", power({ isUndervolted: false })],
    ["power", "power-unknown", power({})],
    ["heat", "heat-hot", power({ temperatureC: 81 })],
    ["heat", "heat-throttled", power({ temperatureC: 60, isThrottled: true })],
    ["heat", "heat-well", power({ temperatureC: 60 })],
    ["heat", "heat-unknown", power({})],
    ["runs", "runs-first", { runs: { last: null, starts: 1, days: {}, isLooping: false } }],
    ["runs", "runs-crashed", { runs: { last: run, starts: 2, days: {}, isLooping: false } }],
    ["runs", "runs-loop", { runs: { last: run, starts: 9, days: {}, isLooping: true } }],
  ])("finds of the %s: %s", (part, code, change) => {
    expect(codeOf(part, change)).toBe(code);
  });
});

describe("tell", () => {
  const kinds: [string, FindingKind][] = Object.entries({
    ...FINDING_WORDS,
    ...CAMERA_WORDS,
    ...PHOTO_WORDS,
    ...TWIN_WORDS,
    ...DOCTOR_WORDS,
  });

  it.each(kinds)("has words for %s in both languages, with the same values", (_code, { level, ru, en }) => {
    const valuesIn = (text = "") => [...text.matchAll(/\{[^}]+\}/g)].map(([value]) => value).sort();

    expect(valuesIn(ru.what)).toEqual(valuesIn(en.what));
    expect(valuesIn(ru.todo)).toEqual(valuesIn(en.todo));
    expect(ru.todo === undefined).toBe(en.todo === undefined);
    expect(ru.what).toMatch(/[а-яё]/);
    expect(en.what).not.toMatch(/[а-яё]/i);
    if (level === "trouble") expect(en.todo, "whoever reads of a trouble wants to know what to do").toBeDefined();
  });

  it("puts values in a person's units", () => {
    const finding = {
      part: "disk",
      code: "disk-low",
      values: { free: 52_428_800, total: 32e9 },
      detail: null,
    } as const;

    expect(tell(finding, "en")).toMatchObject({ part: "disk", what: "only 52.4 MB of 32.0 GB free" });
    expect(tell(finding, "ru")).toMatchObject({ part: "диск", what: "свободно только 52,4 МБ из 32,0 ГБ" });
  });

  it.each([
    [0, "0 s"],
    [59_999, "59 s"],
    [3_600_000, "1 h"],
    [8_000_000, "2 h 13 min"],
    [27 * 86_400_000 + 60_000, "27 d"],
  ])("tells a span of %d ms as %s", (ms, words) => {
    expect(tellSpan(ms, "en")).toBe(words);
  });

  it.each([
    [0, "0 B"],
    [999, "999 B"],
    [98e6, "98.0 MB"],
    [2_147_483_648, "2.1 GB"],
  ])("tells %d bytes as %s", (bytes, words) => {
    expect(tellBytes(bytes, "en")).toBe(words);
  });
});
