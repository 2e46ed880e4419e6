import type { Journal } from "#journal/journal.ts";

/** A message that a topic keeps for whoever subscribes later. */
export interface RetainedMessage {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: 0 | 1 | 2;
}

/** Where retained messages lie between two lives of the gateway. */
export interface RetainedMessages {
  /** Keeps a message as the newest of its topic; an empty one clears the topic. On disk when it resolves. */
  keep(message: RetainedMessage): Promise<void>;
  /** Everything that is kept. */
  all(): Promise<readonly RetainedMessage[]>;
}

const PREFIX = "retained ";

/** Retained messages beside the journal's log, in its group commit: a byte for the QoS, then the payload. */
export function journaledRetained(journal: Journal): RetainedMessages {
  return {
    keep: ({ topic, payload, qos }) =>
      journal.keep(`${PREFIX}${topic}`, payload.length === 0 ? null : Buffer.concat([Buffer.of(qos), payload])),
    all: async () => {
      const kept = await journal.kept();
      return [...kept].flatMap(([name, bytes]) => {
        const qos = bytes[0];
        if (!name.startsWith(PREFIX) || (qos !== 0 && qos !== 1 && qos !== 2)) return [];
        return [{ topic: name.slice(PREFIX.length), payload: Buffer.from(bytes.subarray(1)), qos }];
      });
    },
  };
}

/** Topics and payload sizes of the retained messages among what a journal keeps. */
export const retainedSizes = (kept: readonly { readonly name: string; readonly bytes: number }[]) =>
  kept
    .filter(({ name }) => name.startsWith(PREFIX))
    .map(({ name, bytes }) => ({ topic: name.slice(PREFIX.length), bytes: bytes - 1 }));

/** For the open mode: its topics end with the process. */
export const forgottenRetained: RetainedMessages = { keep: async () => undefined, all: async () => [] };
