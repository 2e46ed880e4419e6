import { median } from "../quality/checks.ts";
import type { Flag } from "../quality/flags.ts";
import { massOf } from "../quality/judge.ts";
import { type Injected, injectFaults } from "./inject-faults.ts";
import { type JudgedChannel, judgeNetwork } from "./judge-network.ts";
import type { Network } from "./read-network.ts";

/** One reason at one channel for a while. */
export interface Finding {
  readonly check: Flag;
  readonly station: string;
  readonly channel: string;
  readonly from: number;
  readonly to: number;
  readonly samples: number;
  /** Mean PM2.5 (µg/m³) of it; null for the climate. */
  readonly mean: number | null;
  readonly reason: string;
}

/** How a kind of real air came through: samples, and those that still count in means. */
export interface Survival {
  readonly samples: number;
  readonly counting: number;
}

/** How a fault that was put into the recording was found. */
export interface Detection {
  readonly fault: string;
  readonly expects: readonly Flag[];
  readonly faulty: number;
  readonly found: number;
  /** Sound samples of the stations without a fault that got one of these words only with the faults in the recording. */
  readonly falseAlarms: number;
  readonly precision: number;
  readonly recall: number;
}

export interface NetworkReport {
  readonly notes: readonly string[];
  readonly stations: number;
  readonly samples: number;
  readonly withoutPlace: readonly string[];
  readonly findings: readonly Finding[];
  readonly smoke: Survival;
  readonly zeros: Survival;
  readonly counting: Survival;
  readonly detections: readonly Detection[];
}

/** Findings of one reason with less than this between them are one. */
const SAME_FINDING_MS = 3_600_000;
/** Smoke is where the middle of the network is above it, µg/m³: one sensor alone makes none. */
const SMOKE_UG_M3 = 100;

const REASON: Readonly<Partial<Record<Flag, string>>> = {
  "out-of-range": "outside of 0–1000 µg/m³, or of what a climate can be",
  spike: "jumped by more than 30 µg/m³ and three quarters, seen by neither the other channel nor the neighbours",
  flatline: "the very same value for three hours or more",
  "channels-disagree": "A and B differ by more than 5 µg/m³ and 70 %",
  humid: "above 85 % humidity without a correction for it",
  fog: "above 95 % humidity",
  "too-cold": "below −10 °C in the housing",
  "too-hot": "above 60 °C in the housing",
  "neighbours-differ":
    "off the median of the stations within 10 km and 2 h by more than 15 µg/m³, 70 % and four spreads",
  drift: "for two weeks twice or half of the neighbours, or within three weeks half as much again",
};

/** Judges a recording as it is, then with known faults in it, and says what was found. */
export function evaluateNetwork(network: Network): NetworkReport {
  const judged = judgeNetwork(network);
  const levels = networkLevels(judged);
  const masses = judged.filter(({ channel }) => channel !== "climate");
  const isSmoke = ({ at, values }: JudgedChannel) =>
    (levels.get(at) ?? 0) >= SMOKE_UG_M3 && (massOf(values) ?? 0) >= SMOKE_UG_M3 / 2;
  return {
    notes: network.notes,
    stations: new Set(judged.map(({ station }) => station)).size,
    samples: judged.length,
    withoutPlace: [...new Set(judged.map(({ station }) => station))].filter((id) => !network.positions.has(id)),
    findings: findingsOf(judged),
    smoke: survivalOf(masses.filter(isSmoke)),
    zeros: survivalOf(masses.filter(({ at, values }) => massOf(values) === 0 && (levels.get(at) ?? 99) < 3)),
    counting: survivalOf(masses),
    detections: detectionsOf(network, judged),
  };
}

/** The middle of the stations at each moment: where at least three speak. */
function networkLevels(judged: readonly JudgedChannel[]): ReadonlyMap<number, number> {
  const levels = new Map<number, number>();
  for (const [at, some] of Map.groupBy(judged, (one) => one.at)) {
    const masses = some.flatMap(({ values }) => massOf(values) ?? []);
    if (masses.length >= 3) levels.set(at, median(masses));
  }
  return levels;
}

const COUNTS_FROM = 0.5;

const survivalOf = (some: readonly JudgedChannel[]): Survival => ({
  samples: some.length,
  counting: some.filter(({ judgement }) => judgement.confidence >= COUNTS_FROM).length,
});

/** What was said, joined where it went on. */
export function findingsOf(judged: readonly JudgedChannel[]): readonly Finding[] {
  const open = new Map<string, { first: JudgedChannel; check: Flag; to: number; masses: number[]; samples: number }>();
  const done: Finding[] = [];
  const close = ({ first, check, to, masses, samples }: NonNullable<ReturnType<(typeof open)["get"]>>) => {
    const mean = masses.length === 0 ? null : masses.reduce((sum, mass) => sum + mass, 0) / masses.length;
    const reason = REASON[check] ?? check;
    done.push({ check, station: first.station, channel: first.channel, from: first.at, to, samples, mean, reason });
  };
  for (const one of judged) {
    for (const check of one.judgement.flags) {
      const key = `${check}/${one.station}/${one.channel}`;
      const known = open.get(key);
      const goesOn = known !== undefined && one.at - known.to <= SAME_FINDING_MS;
      if (known !== undefined && !goesOn) close(known);
      const episode = goesOn ? known : { first: one, check, to: one.at, masses: [], samples: 0 };
      episode.to = one.at;
      episode.samples += 1;
      const mass = massOf(one.values);
      if (mass !== undefined) episode.masses.push(mass);
      open.set(key, episode);
    }
  }
  for (const episode of open.values()) close(episode);
  return done.sort((a, b) => a.from - b.from || (a.station < b.station ? -1 : 1));
}

/** Puts known faults into the recording and looks which of them are found. */
function detectionsOf(network: Network, before: readonly JudgedChannel[]): readonly Detection[] {
  const injected = injectFaults(network.rows);
  if (injected.faults.length === 0) return [];
  const after = judgeNetwork({ rows: injected.rows, positions: network.positions });
  const keyOf = ({ station, channel, at }: JudgedChannel) => `${station}/${channel}/${at}`;
  const flagsBefore = new Map(before.map((one) => [keyOf(one), one.judgement.flags]));
  const faultyStations = new Set(injected.faults.map(({ station }) => station));
  return injected.faults.map((fault) => {
    const hasWord = (flags: readonly Flag[]) => flags.some((flag) => fault.expects.includes(flag));
    const faulty = after.filter((one) => isWithin(one, fault));
    const found = faulty.filter(({ judgement }) => hasWord(judgement.flags)).length;
    const falseAlarms = after.filter(
      (one) =>
        !faultyStations.has(one.station) &&
        one.channel !== "climate" &&
        one.at >= fault.from &&
        one.at <= fault.to &&
        hasWord(one.judgement.flags) &&
        !hasWord(flagsBefore.get(keyOf(one)) ?? []),
    ).length;
    return {
      fault: `${fault.kind} at ${fault.station}${fault.channel}`,
      expects: fault.expects,
      faulty: faulty.length,
      found,
      falseAlarms,
      precision: found / (found + falseAlarms),
      recall: found / faulty.length,
    };
  });
}

const isWithin = ({ station, channel, at }: JudgedChannel, fault: Injected) =>
  station === fault.station &&
  (fault.channel === "" ? channel !== "climate" : channel === fault.channel) &&
  at >= fault.from &&
  at <= fault.to;
