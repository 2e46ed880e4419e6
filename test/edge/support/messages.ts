import type { NewChunk, NewReading } from "../../../edge/outbox/new-message.ts";

/** A stamp of a device whose clock is right. */
export const STAMP = { v: 1, at: 1_780_000_000_000, clock: "ntp", boot: "boot-1", up: 1000 } as const;

/** A reading of one sample; the value tells one from another. */
export function aReading(pm25 = 1): NewReading {
  const { at, up } = STAMP;
  return { kind: "reading", ...STAMP, sensor: "sds011", model: "sds011", samples: [{ at, up, values: { pm25 } }] };
}

/** The only chunk of a photo. */
export function aChunk(bytes: Uint8Array): NewChunk {
  return { kind: "chunk", ...STAMP, sha: "a".repeat(64), i: 0, n: 1, bytes };
}
