import { type Backoff, backoffMs } from "#kit/backoff.ts";
import type { Closer } from "#kit/closer.ts";
import { messageOf } from "#kit/errors.ts";
import type { Logger } from "#kit/logger.ts";
import { wait } from "#kit/wait.ts";

const GATEWAY_BACKOFF: Backoff = { baseMs: 250, maxMs: 10_000 };
/** A connection that lived this long was a good one: the next loss starts with a short wait again. */
const GOOD_AFTER_MS = 2_000;

/** How one connection is made and watched. */
export interface Connecting {
  /** Connects once; calls `onLost` at most once, when the made connection is gone. */
  readonly connect: (onLost: (error: unknown) => void) => Promise<Closer>;
  readonly onUp: () => void;
  readonly onDown: (reason: string) => void;
  readonly monotonicMs: () => number;
  readonly random: () => number;
  readonly log: Logger;
}

/** Keeps one connection to the gateway, with back-off and jitter; `close` ends it for good. */
export function keepConnected({ connect, onUp, onDown, monotonicMs, random, log }: Connecting): Closer {
  const closing = new AbortController();
  const closed = new Promise<undefined>((resolve) => {
    closing.signal.addEventListener("abort", () => resolve(undefined));
  });

  const run = async () => {
    let attempt = 0;
    let lastReason: string | undefined;
    while (!closing.signal.aborted) {
      const lost = Promise.withResolvers<unknown>();
      const startMs = monotonicMs();
      let reason: string;
      try {
        const connecting = connect(lost.resolve);
        const connection = await Promise.race([connecting, closed]);
        if (connection === undefined) return abandon(connecting);
        log.info({ event: "gateway.connected" }, "connected to the gateway");
        onUp();
        reason = messageOf(await Promise.race([lost.promise, closed]));
        await connection.close();
        if (monotonicMs() - startMs > GOOD_AFTER_MS) attempt = 0;
        lastReason = undefined;
      } catch (error) {
        reason = messageOf(error);
      }
      if (closing.signal.aborted) return;
      onDown(reason);
      if (reason !== lastReason) log.warn({ event: "gateway.lost", reason }, "no connection to the gateway");
      lastReason = reason;
      await wait(backoffMs(attempt, GATEWAY_BACKOFF, random()), closing.signal);
      attempt += 1;
    }
  };
  const running = run();
  return {
    close: async () => {
      closing.abort();
      await running;
    },
  };
}

/** A connection that is still being made when everything closes: nobody waits for it, it is closed if it comes. */
function abandon(connecting: Promise<Closer>): void {
  connecting
    .then((connection) => connection.close())
    // It could not be made, or not be closed: either way it is gone.
    .catch(() => {});
}
