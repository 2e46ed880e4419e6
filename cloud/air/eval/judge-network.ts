import type { Station } from "#contract/registry.ts";
import { createAirJudge, type StationSample } from "../quality/air-judge.ts";
import type { Judgement } from "../quality/judgement.ts";
import type { Network, NetworkRow } from "./read-network.ts";

/** What the judge said of one channel at one moment. */
export interface JudgedChannel {
  readonly station: string;
  readonly channel: "a" | "b" | "climate";
  readonly at: number;
  readonly values: Readonly<Record<string, number>>;
  readonly judgement: Judgement;
}

const CHANNELS = ["a", "b", "climate"] as const;

/**
 * Sends a recording through the judge of the ingest, moment by moment, as if it came in live: two channels of a PMS5003 and a BME280
 * for each station. Places that nobody knows are far from everything.
 */
export function judgeNetwork({ rows, positions }: Pick<Network, "rows" | "positions">): readonly JudgedChannel[] {
  const ids = [...new Set(rows.map(({ station }) => station))];
  const stations = ids.map((id, i): Station => {
    const [longitude, latitude] = positions.get(id) ?? [i - 180, -80];
    const position: Station["position"] = [longitude, latitude];
    return { id, tenant: "recording", municipality: "recording", name: { ru: id, en: id }, position, demo: false };
  });
  const registry = { stations };
  const judge = createAirJudge({
    onFault: (error) => {
      throw error;
    },
  });
  return [...Map.groupBy(rows, ({ at }) => at).entries()].flatMap(([at, some]) => {
    const samples = some.flatMap(samplesOf);
    const judgements = judge.judge(samples, registry, at);
    return samples.flatMap(({ station, sensor, values }, i): JudgedChannel[] => {
      const judgement = judgements[i];
      const channel = CHANNELS.find((name) => name === sensor);
      return judgement === undefined || channel === undefined ? [] : [{ station, channel, at, values, judgement }];
    });
  });
}

function samplesOf(row: NetworkRow): readonly StationSample[] {
  return CHANNELS.flatMap((channel): StationSample[] => {
    const values = row[channel];
    if (Object.keys(values).length === 0) return [];
    return [
      {
        tenant: "recording",
        station: row.station,
        sensor: channel,
        model: channel === "climate" ? "bme280" : "pms5003",
        device: row.station,
        at: row.at,
        values,
        status: [],
        clock: "ntp",
        isTimeRepaired: false,
        newestAt: row.at,
      },
    ];
  });
}
