import { ApiTrouble } from "./api.ts";

/** Who may come again is told when; so much of that time at most is added, so that readers behind one address do not all come at once. */
const SPREAD = 0.5;
/** A second at least, whatever a server says: an answer takes as long. */
const LEAST_MS = 1_000;

/** When to ask again after a refusal; `random` from 0 to 1. */
export const againAfterMs = (retryAfterMs: number, random: number): number =>
  Math.max(LEAST_MS, retryAfterMs) * (1 + SPREAD * random);

interface Told<T> {
  onAnswer(answer: T): void;
  /** `isAskedAgain`: the server said when to come again, and this will. */
  onTrouble(error: unknown, isAskedAgain: boolean): void;
}

/** Asks until there is an answer or a failure that waiting does not mend; the function that is returned ends it, and nothing is told after that. */
export function keepAsking<T>(
  ask: () => Promise<T>,
  { onAnswer, onTrouble }: Told<T>,
  random = Math.random,
): () => void {
  let isOver = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const once = (): void => {
    ask()
      .then((answer) => {
        if (!isOver) onAnswer(answer);
      })
      .catch((error: unknown) => {
        if (isOver) return;
        const afterMs = error instanceof ApiTrouble ? error.retryAfterMs : undefined;
        if (afterMs !== undefined) timer = setTimeout(once, againAfterMs(afterMs, random()));
        onTrouble(error, afterMs !== undefined);
      });
  };
  once();
  return () => {
    isOver = true;
    clearTimeout(timer);
  };
}
