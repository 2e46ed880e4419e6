import { wait } from "#kit/wait.ts";

/**
 * Waits for an effect: asks again and again until `look` gives something other than undefined or false.
 *
 * Fails after `timeoutMs` with what was waited for and the last error that `look` threw.
 */
export async function until<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
  timeoutMs = 15_000,
): Promise<T> {
  const end = performance.now() + timeoutMs;
  let lastError: unknown;
  for (;;) {
    try {
      const seen = await look();
      if (seen !== undefined && seen !== false) return seen;
    } catch (error) {
      lastError = error;
    }
    if (performance.now() > end) throw new Error(`waited ${timeoutMs} ms in vain: ${what}`, { cause: lastError });
    await wait(20);
  }
}
