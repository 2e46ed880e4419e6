import { z } from "zod";
import { ClockQuality, Gap } from "#contract/messages.ts";
import { Address, clientIdOf } from "#contract/names.ts";
import { topics } from "#contract/topics.ts";
import type { GapContext, GapWriter, Loss } from "#journal/budget.ts";
import type { StoredRecord } from "#journal/journal.ts";
import { LOG } from "./journal-outbox.ts";
import type { NewMessage } from "./new-message.ts";

/** Why an outbox drops. */
const REASON = "budget";

const Stamp = z.object({
  v: z.literal(1),
  at: z.number().nullable(),
  clock: ClockQuality,
  boot: z.string(),
  up: z.number(),
});

const Said = Gap.pick({ class: true, ranges: true });

/**
 * Says what an outbox drops as messages of the device itself: one pending gap for a class. A record's number is its
 * message's `seq`, so nothing needs to be read but the gaps that are taken up.
 */
export function createGapWriter({ owner, stamp, values }: GapContext): GapWriter {
  const address = Address.parse(owner);
  const now = Stamp.parse(stamp);
  const topic = topics.data(address, "gap");
  const lossesOf = ({ n, recordClass, topic: of, bytes }: StoredRecord): readonly Loss[] => {
    if (of !== topic) return [{ key: recordClass, ranges: [[n, n]] }];
    const { class: lost, ranges } = Said.parse(JSON.parse(Buffer.from(bytes).toString()));
    return [{ key: lost, ranges: [...ranges, [n, n]] }];
  };
  return {
    lossesOf,
    write: (lost, ranges) => {
      const gap: NewMessage = {
        kind: "gap",
        ...now,
        lostLog: values.get(LOG) ?? "",
        class: lost,
        ranges: ranges.map(([first, last]) => [first, last]),
        reason: REASON,
        by: clientIdOf(address),
      };
      return { record: { topic, bytes: Buffer.from(JSON.stringify(gap)) } };
    },
  };
}
