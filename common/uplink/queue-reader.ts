import { RECORD_CLASSES, type RecordClass } from "#contract/topics.ts";
import type { Outgoing, SendQueue } from "./send-queue.ts";

/** Reads a queue from its marks on, by class in order of worth and by number within a class. */
export interface QueueReader {
  /** The next message; undefined where there is no more now. Rejects where the queue cannot be read; it may be asked again. */
  next(): Promise<{ readonly recordClass: RecordClass; readonly message: Outgoing } | undefined>;
  /** Something was appended to these classes. */
  note(classes: ReadonlySet<string>): void;
}

/** What was read of one class and is not handed out yet. */
interface Lane {
  readonly recordClass: RecordClass;
  messages: Outgoing[];
  readUpTo: number;
  /** Whether the queue may hold more than was read. */
  mayHoldMore: boolean;
}

const READ_AT_ONCE = 64;

/** A reader that reads in small batches, so memory stays flat however much waits. */
export function readQueue(queue: SendQueue): QueueReader {
  const lanes: Lane[] = RECORD_CLASSES.map((recordClass) => ({
    recordClass,
    messages: [],
    readUpTo: queue.acknowledged(recordClass),
    mayHoldMore: true,
  }));

  /** Only an empty answer says that there is no more; what is appended during the read is announced. */
  async function readOn(lane: Lane): Promise<void> {
    lane.mayHoldMore = false;
    try {
      lane.messages = [...(await queue.read(lane.recordClass, lane.readUpTo, READ_AT_ONCE))];
    } catch (error) {
      lane.mayHoldMore = true;
      throw error;
    }
    lane.readUpTo = lane.messages.at(-1)?.seq ?? lane.readUpTo;
    if (lane.messages.length > 0) lane.mayHoldMore = true;
  }

  return {
    next: async () => {
      for (const lane of lanes) {
        if (lane.messages.length === 0 && lane.mayHoldMore) await readOn(lane);
        const message = lane.messages.shift();
        if (message !== undefined) return { recordClass: lane.recordClass, message };
      }
      return undefined;
    },
    note: (classes) => {
      for (const lane of lanes) if (classes.has(lane.recordClass)) lane.mayHoldMore = true;
    },
  };
}
