import { z } from "zod";
import type { GapContext, GapWriter } from "#journal/budget.ts";
import type { StoredRecord } from "#journal/journal.ts";

/** A gap of the tests: the class that it speaks of and the journal's own numbers. */
const PlainGap = z.object({ lost: z.string(), ranges: z.array(z.tuple([z.number(), z.number()])), stamp: z.unknown() });

/** The ranges that a plain gap names. */
export const rangesOf = ({ bytes }: StoredRecord): [number, number][] =>
  PlainGap.parse(JSON.parse(Buffer.from(bytes).toString())).ranges;

export const GAP_TOPIC = "gap";

/** A stamp with which no gap can be written. */
export const UNSPEAKABLE = "unspeakable";

/** Names lost records by class and by their numbers in the journal. */
export function createGapWriter({ stamp, values }: GapContext): GapWriter {
  return {
    lossesOf: (record) => {
      if (record.topic !== GAP_TOPIC) return [{ key: record.recordClass, ranges: [[record.n, record.n]] }];
      const { lost, ranges } = PlainGap.parse(JSON.parse(Buffer.from(record.bytes).toString()));
      return [{ key: lost, ranges: [...ranges, [record.n, record.n]] }];
    },
    write: (lost, ranges) => {
      if (stamp === UNSPEAKABLE) throw new Error("words fail me");
      return {
        record: { topic: GAP_TOPIC, bytes: Buffer.from(JSON.stringify({ lost, ranges, stamp })) },
        values: { gaps: `${Number(values.get("gaps") ?? 0) + 1}` },
      };
    },
  };
}
