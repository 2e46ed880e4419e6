import type { Flag } from "../quality/flags.ts";
import { drawFrom } from "./metrics.ts";
import type { NetworkRow } from "./read-network.ts";

/** A fault whose truth is known, because it was put there. */
export interface Injected {
  readonly kind: string;
  readonly station: string;
  /** Empty: both channels. */
  readonly channel: "a" | "b" | "";
  readonly from: number;
  readonly to: number;
  /** Words of which one must be said. */
  readonly expects: readonly Flag[];
}

type Change = (mass: number, at: number, random: () => number) => number;

interface Kind {
  readonly kind: string;
  readonly channel: Injected["channel"];
  readonly hours: number;
  readonly expects: readonly Flag[];
  readonly change: Change;
}

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** Faults of low-cost sensors, of the kinds that research/air.md 3.3 and 5 name. */
const KINDS: readonly Kind[] = [
  {
    kind: "one channel stuck",
    channel: "a",
    hours: 48,
    expects: ["flatline", "channels-disagree"],
    change: () => 17.31,
  },
  {
    kind: "one channel dead at zero",
    channel: "b",
    hours: 48,
    expects: ["flatline", "channels-disagree"],
    change: () => 0,
  },
  {
    kind: "one channel noisy",
    channel: "b",
    hours: 24,
    expects: ["channels-disagree", "spike", "neighbours-differ"],
    change: (mass, _, random) => mass + 200 * random(),
  },
  {
    kind: "both channels at 2,000 µg/m³",
    channel: "",
    hours: 12,
    expects: ["out-of-range"],
    change: () => 2000,
  },
  {
    kind: "both channels five times too high and 40 more",
    channel: "",
    hours: 48,
    expects: ["neighbours-differ", "drift"],
    change: (mass) => 5 * mass + 40,
  },
  {
    kind: "both channels three times too high",
    channel: "",
    hours: 24 * 20,
    expects: ["drift"],
    change: (mass) => 3 * mass,
  },
];

/** Hours of a day in the recording after which the first fault begins: the judge has learned by then. */
const BEGIN_AFTER_MS = 3 * DAY_MS;

/** Puts one fault of each kind into a recording, each at another station; the same ones for the same recording. */
export function injectFaults(rows: readonly NetworkRow[]): {
  readonly rows: readonly NetworkRow[];
  readonly faults: readonly Injected[];
} {
  const first = rows[0]?.at ?? 0;
  const counts = new Map<string, number>();
  for (const { station } of rows) counts.set(station, (counts.get(station) ?? 0) + 1);
  const stations = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([id]) => id);
  const planned = KINDS.flatMap(({ kind, channel, hours, expects, change }, i) => {
    const station = stations[i];
    if (station === undefined || stations.length < KINDS.length + 2) return [];
    const from = first + BEGIN_AFTER_MS;
    return [{ change, fault: { kind, station, channel, from, to: from + hours * HOUR_MS, expects } }];
  });
  const random = drawFrom(7);
  const changed = rows.map((row) => {
    const found = planned.find(
      ({ fault }) => fault.station === row.station && row.at >= fault.from && row.at <= fault.to,
    );
    if (found === undefined) return row;
    const { change, fault } = found;
    const with_ = (values: NetworkRow["a"]) =>
      Object.fromEntries(Object.entries(values).map(([name, mass]) => [name, change(mass, row.at, random)]));
    return {
      ...row,
      a: fault.channel === "b" ? row.a : with_(row.a),
      b: fault.channel === "a" ? row.b : with_(row.b),
    };
  });
  return { rows: changed, faults: planned.map(({ fault }) => fault) };
}
