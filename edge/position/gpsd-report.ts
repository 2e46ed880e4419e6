import { z } from "zod";
import type { Fix } from "./position.ts";

/** What one line of gpsd amounts to. */
export type GpsdReport =
  /** A fix with the time at which it was true (UTC ms, null where the receiver does not know it). */
  | { readonly kind: "fix"; readonly fix: Fix; readonly atMs: number | null }
  /** The receiver says that it has no fix. */
  | { readonly kind: "no-fix" }
  /** Anything else that gpsd says: versions, devices, satellites. */
  | { readonly kind: "other" }
  /** No message at all. */
  | { readonly kind: "bad" };

const Message = z.looseObject({ class: z.string() });

/** gpsd_json(5), "TPV": mode 0 and 1 are no fix, 2 and 3 one in so many dimensions; what is not known is left out. */
const Tpv = z.looseObject({
  mode: z.number().int().min(0).max(3),
  time: z.iso.datetime({ offset: true }).optional(),
  lat: z.number().min(-90).max(90).optional(),
  lon: z.number().min(-180).max(180).optional(),
  altMSL: z.number().optional(),
  /** The name before gpsd 3.20. */
  alt: z.number().optional(),
  eph: z.number().min(0).optional(),
});

/** Reads one line; never throws. */
export function readGpsdLine(line: string): GpsdReport {
  const message = Message.safeParse(parsed(line));
  if (!message.success) return { kind: "bad" };
  if (message.data.class !== "TPV") return { kind: "other" };
  const tpv = Tpv.safeParse(message.data);
  if (!tpv.success) return { kind: "bad" };
  const { mode, time, lat, lon, altMSL, alt, eph } = tpv.data;
  if (mode < 2 || lat === undefined || lon === undefined) return { kind: "no-fix" };
  const fix = { lat, lon, altM: mode === 3 ? (altMSL ?? alt ?? null) : null, errorM: eph ?? null };
  return { kind: "fix", fix, atMs: time === undefined ? null : Date.parse(time) };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    // Noise: it is no message, and the caller counts it.
    return undefined;
  }
}
