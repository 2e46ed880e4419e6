import type { RecordClass } from "#contract/topics.ts";
import type { Outbox } from "./outbox.ts";

/** An outbox whose bulk may be held back, so that a radio wakes seldom. */
export interface BurstOutbox extends Outbox {
  /** Readings, health and the bytes of photos leave together each `burstMs`; 0: at once. A change lets go what waits. */
  sendEvery(burstMs: number): void;
  /** How long a connection may be without a word, so that no ping wakes the radio between two bursts. */
  readonly keepalive: Keepalive;
}

/** What a connection is opened with. */
export interface Keepalive {
  /** Undefined: as it is usual. */
  seconds(): number | undefined;
  onChange(listener: () => void): void;
}

/** A burst that is a little late must not be overtaken by a ping. */
const SPARE_S = 60;
/** MQTT has 16 bits for it. */
const MOST_S = 65_535;
/** Alerts and visits never wait. */
const HELD: ReadonlySet<RecordClass> = new Set(["reading", "health", "chunk"]);

/**
 * Holds back what an outbox gives its sender. A burst is over once the sender has found a class empty, so that one which
 * falls into a time without a link comes with the next connection. Nothing is kept otherwise than before: it lies on disk.
 */
export function holdInBursts<Kept extends Outbox>(outbox: Kept): Kept & BurstOutbox {
  const changeListeners: (() => void)[] = [];
  const listeners = new Set<(classes: ReadonlySet<string>) => void>();
  let released = new Set<RecordClass>(HELD);
  let everyMs = 0;
  let timer: NodeJS.Timeout | undefined;

  function release(): void {
    released = new Set(HELD);
    for (const listener of listeners) listener(HELD);
  }

  return {
    ...outbox,
    sendEvery: (burstMs) => {
      if (burstMs === everyMs) return;
      everyMs = burstMs;
      clearInterval(timer);
      timer = burstMs > 0 ? setInterval(release, burstMs) : undefined;
      release();
      for (const listener of changeListeners) listener();
    },
    keepalive: {
      seconds: () => (everyMs > 0 ? Math.min(Math.ceil(everyMs / 1000) + SPARE_S, MOST_S) : undefined),
      onChange: (listener) => void changeListeners.push(listener),
    },
    read: async (recordClass, after, limit) => {
      if (everyMs > 0 && HELD.has(recordClass) && !released.has(recordClass)) return [];
      const messages = await outbox.read(recordClass, after, limit);
      if (everyMs > 0 && messages.length === 0) released.delete(recordClass);
      return messages;
    },
    onAppended: (listener) => {
      listeners.add(listener);
      const stop = outbox.onAppended(listener);
      return () => {
        listeners.delete(listener);
        stop();
      };
    },
    close: async () => {
      clearInterval(timer);
      await outbox.close();
    },
  };
}
