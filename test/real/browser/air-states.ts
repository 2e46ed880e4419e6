import type { Bulletin } from "../../../cloud/air/bulletins/bulletin.ts";
import type { AirValue } from "../../../cloud/http/schemas.ts";
import type { AirWindow, AirWindowStore } from "../../../cloud/store/measurements/air-windows.ts";
import type { LatestSample, SampleNotes } from "../../../cloud/store/state/state-view.ts";
import type { StateContents } from "../../support/http-fixture.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** What quality control and correction said of a Plantower's sample. */
const notes = (change: Partial<SampleNotes> = {}): SampleNotes => ({
  model: "PMS5003",
  corrected: {},
  correction: "none:no-humidity",
  flags: [],
  confidence: 0.95,
  ...change,
});

/** One sample of a Plantower at a station, as fresh as it is said. */
function sampleOf(station: string, at: number, raw: number, noted: SampleNotes): LatestSample {
  return { station, sensor: "pms5003", at, values: { pm25_atm: raw, pm10_atm: raw * 1.5 }, replay: null, notes: noted };
}

/** What a station of these tests is there for, and what of it must be seen and said in English. */
export interface StateCase {
  readonly station: string;
  readonly shape: "live" | "late" | "offline" | "never";
  readonly badge: string | null;
  /** In the name of its mark on the map. */
  readonly named: RegExp;
  /** In its panel. */
  readonly told: RegExp;
}

/** Every state in which the air of a station can be; those of Kopeysk first. */
export const STATES: readonly StateCase[] = [
  {
    station: "st-00",
    shape: "live",
    badge: null,
    named: /index 73, Moderate$/,
    told: /Sure, 95%.*No reason to doubt/s,
  },
  { station: "st-01", shape: "late", badge: null, named: /Moderate, since \d\d:\d\d/, told: /since \d\d:\d\d/ },
  {
    station: "st-02",
    shape: "offline",
    badge: null,
    named: /No new data since/,
    told: /No new data: nothing is said of now/,
  },
  {
    station: "st-03",
    shape: "live",
    badge: "cold",
    named: /too cold for the sensor/,
    told: /Fairly sure, 60%.*colder than the sensor is made for/s,
  },
  {
    station: "st-04",
    shape: "live",
    badge: "humid",
    named: /damp air or fog may look like dust/,
    told: /Doubtful, 40%.*fog \(over 95 %\): droplets are counted as dust/s,
  },
  {
    station: "st-05",
    shape: "live",
    badge: "replayed",
    named: /sent after an outage/,
    told: /kept on the device during an outage and sent afterwards/,
  },
  {
    station: "st-10",
    shape: "live",
    badge: "doubt",
    named: /no reliable value, the value is to be doubted/,
    told: /Doubtful, 20%.*Raw, as the sensor said it.*2,000 µg.*two channels contradict each other/s,
  },
  {
    station: "st-11",
    shape: "live",
    badge: "clock",
    named: /the time is not certain/,
    told: /clock was not set by satellites or network/,
  },
  { station: "st-12", shape: "never", badge: null, named: /No data yet/, told: /has not sent a measurement yet/ },
  {
    station: "st-13",
    shape: "live",
    badge: "hot",
    named: /too hot for the sensor/,
    told: /hotter than the sensor is made for/,
  },
];

/** One station in each state; the first with wind, a formula and all averages. */
export function fillWithStates(state: StateContents, nowMs: number): void {
  const doubtful = (flags: string[], confidence: number) => notes({ flags, confidence });
  const corrected = notes({ corrected: { pm25: 21 }, correction: "epa-2021@1" });
  state.samples = [
    sampleOf("st-00", nowMs, 34, corrected),
    windOf("st-00", nowMs),
    sampleOf("st-01", nowMs - 40 * MINUTE_MS, 21, notes()),
    sampleOf("st-02", nowMs - 5 * HOUR_MS, 21, notes()),
    sampleOf("st-03", nowMs, 21, doubtful(["too-cold"], 0.6)),
    sampleOf("st-04", nowMs, 90, doubtful(["humid", "fog"], 0.4)),
    sampleOf("st-05", nowMs, 21, notes({ flags: ["replayed"] })),
    sampleOf("st-10", nowMs, 2_000, doubtful(["channels-disagree"], 0.2)),
    sampleOf("st-11", nowMs, 21, notes({ flags: ["clock-unsure"] })),
    sampleOf("st-13", nowMs, 21, doubtful(["too-hot"], 0.6)),
  ];
  const mean = (value: number, coverage: number): AirValue => ({
    value,
    raw: value * 1.6,
    at: nowMs - MINUTE_MS,
    coverage,
    confidence: 0.95,
    flags: [],
    correction: "epa-2021@1",
  });
  const means = { m20: mean(26, 1), h1: mean(31, 0.98), nowcast: mean(44, 0.96), h8: null, h24: mean(60, 0.83) };
  state.averages = new Map([["st-00", { pm25: means, pm10: { ...means, m20: mean(80, 1) } }]]);
}

/** A wind from the west, which an arrow points to the east. */
const windOf = (station: string, at: number): LatestSample => ({
  station,
  sensor: "wind",
  at,
  values: { wind_speed: 7, wind_direction: 270 },
  replay: null,
});

/** What the averages of the past say of the first station: another value by 20 minutes than by the hour, and a year of days. */
export const pastWindows: Pick<AirWindowStore, "windows"> = {
  windows: async ({ stations, resolution, fromMs, toMs }) => {
    if (resolution === "d1" && stations?.[0] === "st-00") return yearOfDays(fromMs, toMs);
    if (stations !== undefined || (resolution !== "m20" && resolution !== "h1")) return [];
    const value = resolution === "m20" ? 12 : 87;
    return [pastWindow("st-00", resolution, fromMs, value), pastWindow("st-03", resolution, fromMs, 3)];
  },
};

/** Days of a region five hours east of Greenwich: clean, but for smog on 9 January, a doubtful and an unmeasured day after it. */
function yearOfDays(fromMs: number, toMs: number): readonly AirWindow[] {
  const first = Math.ceil(fromMs / (24 * HOUR_MS)) * 24 * HOUR_MS - 5 * HOUR_MS;
  const days = Array.from({ length: Math.floor((toMs - first) / (24 * HOUR_MS)) }, (_, i) => first + i * 24 * HOUR_MS);
  return days.flatMap((start): readonly AirWindow[] => {
    const date = new Date(start + 12 * HOUR_MS).toISOString().slice(5, 10);
    const value = date === "01-09" ? 168.4 : 4 + 3 * Math.sin(start / (9 * HOUR_MS)) + (start % 7);
    const day = { ...pastWindow("st-00", "d1", start, value), coverage: 0.98 };
    if (date === "01-11") return [];
    return [date === "01-10" ? { ...day, value: null, raw: 900, confidence: 0.2, flags: ["channels-disagree"] } : day];
  });
}

const pastWindow = (station: string, resolution: AirWindow["resolution"], start: number, value: number): AirWindow => ({
  tenant: "chel",
  station,
  pollutant: "pm25",
  resolution,
  start,
  value,
  raw: value,
  minutes: 20,
  coverage: 1,
  confidence: 0.95,
  flags: [],
  correction: "none:no-humidity",
});

/** An official bulletin in force since an hour, until a moment. */
export const aBulletin = (nowMs: number, change: Partial<Bulletin> = {}): Bulletin => ({
  sender: "chelpogoda.ru",
  identifier: "nmu-1",
  sent: new Date(nowMs - HOUR_MS).toISOString(),
  msgType: "alert",
  references: [],
  degree: 2,
  headline: "НМУ второй степени опасности",
  description: null,
  instruction: "Ограничьте пребывание на улице.",
  area: "Копейск",
  onset: new Date(nowMs - HOUR_MS).toISOString(),
  expires: new Date(nowMs + 24 * HOUR_MS).toISOString(),
  web: "https://chelpogoda.ru/nmu",
  language: "ru",
  ...change,
});
