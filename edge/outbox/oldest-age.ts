import { z } from "zod";
import { RECORD_CLASSES } from "#contract/topics.ts";
import type { DeviceTime, TimeStamp } from "../health/device-time.ts";
import type { OpenedOutbox } from "./open-outbox.ts";

/** How long the oldest message of each class has waited, in milliseconds; null where no clock can say. */
export type OldestAges = Readonly<{ [recordClass: string]: number | null }>;

const Stamped = z.object({ at: z.number().nullable(), boot: z.string(), up: z.number() });
type Stamped = z.infer<typeof Stamped>;

/** Looks at the oldest messages of an outbox; each is read once. */
export interface OldestMessages {
  ages(): Promise<OldestAges>;
}

/** Reads the stamps of the oldest messages, held back or not, and remembers them by their numbers. */
export function watchOldest(
  outbox: Pick<OpenedOutbox, "peek" | "pending">,
  time: Pick<DeviceTime, "stamp">,
): OldestMessages {
  const known = new Map<string, { readonly n: number; readonly stamp: Stamped }>();

  async function ageOf(recordClass: (typeof RECORD_CLASSES)[number], n: number): Promise<number | null> {
    const remembered = known.get(recordClass);
    const stamp = remembered?.n === n ? remembered.stamp : await stampOf(recordClass, n);
    if (stamp === undefined) return null;
    known.set(recordClass, { n, stamp });
    return waitedMs(stamp, time.stamp());
  }

  async function stampOf(recordClass: (typeof RECORD_CLASSES)[number], n: number): Promise<Stamped | undefined> {
    const [message] = await outbox.peek(recordClass, n - 1, 1);
    if (message?.seq !== n) return undefined;
    // A chunk is one line of JSON and then bytes.
    const [line = ""] = Buffer.from(message.bytes).toString("latin1").split("\n", 1);
    try {
      return Stamped.parse(JSON.parse(line));
    } catch {
      return undefined;
    }
  }

  return {
    ages: async () => {
      const { oldestByClass } = outbox.pending();
      const ages: [string, number | null][] = [];
      for (const recordClass of RECORD_CLASSES) {
        const n = oldestByClass[recordClass] ?? null;
        if (n !== null) ages.push([recordClass, await ageOf(recordClass, n)]);
      }
      return Object.fromEntries(ages);
    },
  };
}

/** Of the same boot by its own count of time, else by the clocks where both were known. */
function waitedMs(then: Stamped, now: TimeStamp): number | null {
  if (then.boot === now.boot) return now.up - then.up;
  return then.at === null || now.at === null ? null : Math.max(0, now.at - then.at);
}
