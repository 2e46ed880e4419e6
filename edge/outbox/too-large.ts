import { limits } from "#contract/limits.ts";
import { type Address, clientIdOf } from "#contract/names.ts";
import { JournalUnavailable } from "#journal/journal.ts";
import { AppError } from "#kit/errors.ts";
import type { Logger } from "#kit/logger.ts";
import type { Outgoing } from "#uplink/send-queue.ts";
import type { Counters } from "../health/counters.ts";
import type { DeviceTime } from "../health/device-time.ts";
import type { Outbox } from "./outbox.ts";

/** No gateway takes a message of this size. */
export class MessageTooLarge extends AppError {
  readonly code = "message-too-large";
  readonly retry = false;
}

/** Log, seq and id, which are put in front of what is kept, and the topic: names are short. */
const PLACE_BYTES = 1_024;
/** Of a PUBLISH beside topic and payload: at most 5 bytes of fixed header, 2 of the topic's length, 2 of the message id. */
const HEADER_BYTES = 9;

/** Throws `message-too-large` for the bytes of a message without its place that the gateway would hang up on. */
export function refuseTooLarge(kind: string, bytes: Uint8Array): void {
  if (bytes.length <= limits.packetBytes - PLACE_BYTES) return;
  throw new MessageTooLarge(`a ${kind} of ${bytes.length} bytes does not fit into a packet of ${limits.packetBytes}`);
}

const isTooLarge = ({ topic, bytes }: Outgoing): boolean =>
  bytes.length + Buffer.byteLength(topic) + HEADER_BYTES > limits.packetBytes;

/** What setting aside needs. */
export interface SetAsideParts {
  readonly address: Address;
  readonly time: Pick<DeviceTime, "stamp">;
  readonly counters: Counters;
  readonly log: Logger;
}

/**
 * An outbox that does not send what no gateway takes, and what would end each connection: a version that did not look yet
 * may have left it. When its turn comes, a gap that names it is on disk before it is passed (`too-large`). Where the disk
 * does not take that gap, its class waits.
 */
export function setAsideTooLarge(outbox: Outbox, { address, time, counters, log }: SetAsideParts): Outbox {
  const said = new Set<number>();

  async function saysLost(recordClass: string, messages: readonly Outgoing[]): Promise<boolean> {
    const seqs = messages.map(({ seq }) => seq).filter((seq) => !said.has(seq));
    if (seqs.length === 0) return true;
    const lost = { class: recordClass, ranges: seqs.map((seq): [number, number] => [seq, seq]) };
    const what = { kind: "gap" as const, ...time.stamp(), lostLog: outbox.log, ...lost };
    try {
      await outbox.append([{ ...what, reason: "too-large", by: clientIdOf(address) }]);
    } catch (error) {
      if (error instanceof JournalUnavailable) return false;
      throw error;
    }
    for (const seq of seqs) said.add(seq);
    counters.count(`dropped-${recordClass}`, seqs.length);
    log.error({ event: "message.too-large", recordClass, seqs }, "a message that no gateway takes is not sent");
    return true;
  }

  return {
    ...outbox,
    read: async (recordClass, after, limit) => {
      const messages = await outbox.read(recordClass, after, limit);
      const first = messages.findIndex(isTooLarge);
      if (first < 0) return messages;
      if (!(await saysLost(recordClass, messages.filter(isTooLarge)))) return messages.slice(0, first);
      return messages.map((message) => (isTooLarge(message) ? { ...message, unsent: "elsewhere" as const } : message));
    },
  };
}
