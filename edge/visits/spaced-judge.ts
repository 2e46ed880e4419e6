import { wait } from "#kit/wait.ts";
import type { Judge, PictureSource } from "./judge.ts";

/**
 * A judge that waits `gapMs()` between the end of one judgement and the begin of the next, so that a hot processor cools
 * down; one after the other, none is refused. A driver waits some seconds longer, and that only where he is faster.
 */
export function spaceJudge(judge: Judge, gapMs: () => number, nowMs: () => number): Judge {
  const closing = new AbortController();
  let before: Promise<void> = Promise.resolve();
  let endedMs = Number.NEGATIVE_INFINITY;

  async function judgeInTurn(jpeg: Uint8Array, source?: PictureSource) {
    const pauseMs = Math.min(endedMs + gapMs() - nowMs(), gapMs());
    if (pauseMs > 0) await wait(pauseMs, closing.signal);
    try {
      return await judge.judge(jpeg, source);
    } finally {
      endedMs = nowMs();
    }
  }

  return {
    get model() {
      return judge.model;
    },
    get trouble() {
      return judge.trouble;
    },
    get verdicts() {
      return judge.verdicts;
    },
    get unusable() {
      return judge.unusable;
    },
    judge: (jpeg, source) => {
      const turn = before.then(() => judgeInTurn(jpeg, source));
      before = turn.then(
        () => undefined,
        () => undefined,
      );
      return turn;
    },
    close: async () => {
      closing.abort();
      await judge.close();
    },
  };
}
