import type { Journal } from "#journal/journal.ts";
import { RetainedBudget, type RetainedLimits } from "./retained-budget.ts";

/** A message that a topic keeps for whoever subscribes later. */
export interface RetainedMessage {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: 0 | 1 | 2;
}

/** Where retained messages lie between two lives of the gateway. */
export interface RetainedMessages {
  /**
   * Keeps a message as the newest of its topic; an empty one clears the topic. On disk when it resolves. Rejects with
   * `RetainedFull` where there is no room for it.
   */
  keep(message: RetainedMessage): Promise<void>;
  /** Everything that is kept. */
  all(): Promise<readonly RetainedMessage[]>;
  /** Payload sizes by topic. */
  sizes(): ReadonlyMap<string, number>;
}

const PREFIX = "retained ";

/**
 * Retained messages beside the journal's log, in its group commit: a byte for the QoS, then the payload. What lies there
 * already counts, and stays even where it is more than the limits.
 */
export async function journaledRetained(journal: Journal, limits: RetainedLimits): Promise<RetainedMessages> {
  const budget = new RetainedBudget(limits);
  const all = async () => [...(await journal.kept(PREFIX))].flatMap(([name, bytes]) => messageOf(name, bytes));
  for (const { topic, payload } of await all()) budget.set(topic, payload.length);
  return {
    keep: async ({ topic, payload, qos }) => {
      budget.requireRoom(topic, payload.length);
      const before = budget.sizeOf(topic);
      budget.set(topic, payload.length);
      try {
        await journal.keep(`${PREFIX}${topic}`, payload.length === 0 ? null : Buffer.concat([Buffer.of(qos), payload]));
      } catch (error) {
        // Either of the two may lie on the disk now: the larger one counts.
        budget.set(topic, Math.max(before, payload.length));
        throw error;
      }
    },
    all,
    sizes: () => budget.sizes,
  };
}

function messageOf(name: string, bytes: Uint8Array): RetainedMessage[] {
  const qos = bytes[0];
  if (qos !== 0 && qos !== 1 && qos !== 2) return [];
  return [{ topic: name.slice(PREFIX.length), payload: Buffer.from(bytes.subarray(1)), qos }];
}

/** Topics and payload sizes of the retained messages among what a journal keeps. */
export const retainedSizes = (kept: readonly { readonly name: string; readonly bytes: number }[]) =>
  kept
    .filter(({ name }) => name.startsWith(PREFIX))
    .map(({ name, bytes }) => ({ topic: name.slice(PREFIX.length), bytes: bytes - 1 }));

/** For the open mode: its topics end with the process. */
export const forgottenRetained: RetainedMessages = {
  keep: async () => undefined,
  all: async () => [],
  sizes: () => new Map(),
};
