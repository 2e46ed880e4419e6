import type { MqttClient } from "mqtt";
import { z } from "zod";
import { JsonText } from "#kit/json-text.ts";

/** Bytes over the connection to the broker. */
export interface Traffic {
  readonly sentBytes: number;
  readonly receivedBytes: number;
}

/** Counts what connections carry, since the start. */
export interface TrafficCount {
  /** Counts one more connection from now on; gives what is called at its end. */
  watch(client: Pick<MqttClient, "stream">): () => void;
  total(): Traffic;
}

/** What Node counts of a socket; over TLS these are the bytes inside of it. */
const Counted = z.object({ bytesWritten: z.number(), bytesRead: z.number() });

/** A count that begins at zero. */
export function countTraffic(): TrafficCount {
  let ended: Traffic = { sentBytes: 0, receivedBytes: 0 };
  let open: Pick<MqttClient, "stream"> | undefined;
  const total = (): Traffic => {
    const counted = Counted.safeParse(open?.stream);
    if (!counted.success) return ended;
    return {
      sentBytes: ended.sentBytes + counted.data.bytesWritten,
      receivedBytes: ended.receivedBytes + counted.data.bytesRead,
    };
  };
  return {
    watch: (client) => {
      open = client;
      return () => {
        ended = total();
        open = undefined;
      };
    },
    total,
  };
}

/** The traffic of the last days, by UTC day; `unknown` where the clock was not known. */
export type DailyTraffic = Readonly<{ [day: string]: Traffic }>;

const Kept = JsonText.pipe(z.record(z.string(), z.object({ sentBytes: z.number(), receivedBytes: z.number() })));
const DAYS_KEPT = 7;
/** The name of the value in the outbox that holds it. */
export const TRAFFIC = "traffic";

/** Shares the traffic out to days. */
export interface TrafficDays {
  /** Learns how much there is by now; `nowMs` is null where the clock is not known. */
  note(total: Traffic, nowMs: number | null): void;
  days(): DailyTraffic;
  /** As it is kept. */
  toText(): string;
}

/** Goes on from what was kept; what cannot be understood begins anew. */
export function openTrafficDays(kept: string | undefined): TrafficDays {
  let days: DailyTraffic = kept === undefined ? {} : (Kept.safeParse(kept).data ?? {});
  let noted: Traffic = { sentBytes: 0, receivedBytes: 0 };
  return {
    note: (total, nowMs) => {
      const day = nowMs === null ? "unknown" : new Date(nowMs).toISOString().slice(0, 10);
      const { sentBytes = 0, receivedBytes = 0 } = days[day] ?? {};
      const grown = {
        sentBytes: sentBytes + total.sentBytes - noted.sentBytes,
        receivedBytes: receivedBytes + total.receivedBytes - noted.receivedBytes,
      };
      noted = total;
      days = Object.fromEntries(
        Object.entries({ ...days, [day]: grown })
          .sort()
          .slice(-DAYS_KEPT),
      );
    },
    days: () => days,
    toText: () => JSON.stringify(days),
  };
}
