import type { PowerFacts } from "./power-facts.ts";

/** What the firmware of a Raspberry Pi says of throttling. */
export type Throttled = Pick<PowerFacts, "isUndervolted" | "isThrottled" | "sinceBoot">;

/** Bits 0 to 3: now; 16 to 19: at some time since the start (documentation of Raspberry Pi OS, `vcgencmd get_throttled`). */
const WORDS = ["undervoltage", "frequency-capped", "throttled", "soft-limit"] as const;
const SINCE_BOOT = 16;

/** Reads `throttled=0x50005`; undefined where it says anything else. */
export function parseThrottled(text: string): Throttled | undefined {
  const digits = /^throttled=0x([0-9a-f]{1,8})\s*$/i.exec(text)?.[1];
  if (digits === undefined) return undefined;
  const bits = Number.parseInt(digits, 16);
  const has = (bit: number) => Math.floor(bits / 2 ** bit) % 2 === 1;
  return {
    isUndervolted: has(0),
    isThrottled: has(1) || has(2) || has(3),
    sinceBoot: WORDS.filter((_, i) => has(SINCE_BOOT + i)),
  };
}
