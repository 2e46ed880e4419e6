import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";

/** A slow link still gets its renewal through within this time. */
const LIFE_MS = 5 * 60_000;

/** Words that a renewal is signed over, each good for a few minutes and for one use. */
export interface Nonces {
  issue(nowMs: number): string;
  /** Whether this is one of ours, still fresh and not used before; uses it up. */
  take(nonce: string, nowMs: number): boolean;
}

/**
 * Nonces carry their end and a MAC, so whoever asks for many fills no memory here; only those used are remembered, and
 * each of them came with the signature of a certificate that was to be renewed. A restart forgets all: the device asks again.
 */
export function createNonces(): Nonces {
  const secret = randomBytes(32);
  const used = new Map<string, number>();
  const macOf = (body: string) => createHmac("sha256", secret).update(body).digest();
  return {
    issue: (nowMs) => {
      const body = `${(nowMs + LIFE_MS).toString(36)}.${randomBytes(16).toString("base64url")}`;
      return `${body}.${macOf(body).toString("base64url")}`;
    },
    take: (nonce, nowMs) => {
      forgetEnded(used, nowMs);
      const [end = "", random = "", mac = ""] = nonce.split(".");
      const body = `${end}.${random}`;
      const given = Buffer.from(mac, "base64url");
      const wanted = macOf(body);
      if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return false;
      const endMs = Number.parseInt(end, 36);
      if (endMs <= nowMs || used.has(body)) return false;
      used.set(body, endMs);
      return true;
    },
  };
}

/**
 * Forgets from the front, where those lie that were used first, so that no call looks through them all. One that ends later
 * than those behind it keeps them a little longer; nobody is remembered for longer than `LIFE_MS` after its use.
 */
function forgetEnded(used: Map<string, number>, nowMs: number): void {
  for (const [nonce, endMs] of used) {
    if (endMs > nowMs) return;
    used.delete(nonce);
  }
}
