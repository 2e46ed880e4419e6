import type { Point } from "./measurements.ts";

/** The last moment that a signed 64-bit count of nanoseconds can hold, in ms: InfluxDB's own limit (2262-04-11). */
const LAST_AT_MS = 9_223_372_036_854;

/**
 * Why a point can be in no store of ours, or undefined when it may be sent. One rule for all adapters, so that an
 * installation can change its store without points changing their fate.
 */
export function flawOf({ tenant, station, sensor, at, fields }: Point): string | undefined {
  for (const [name, tag] of Object.entries({ tenant, station, sensor })) {
    if (tag === "") return `the tag ${name} is empty`;
    if (isUnspeakable(tag)) return `the tag ${name} holds a character that no tag may hold`;
  }
  if (!Number.isSafeInteger(at) || at < 0 || at > LAST_AT_MS) return `not a moment in UTC ms: ${at}`;
  const entries = Object.entries(fields);
  if (entries.length === 0) return "no field";
  for (const [name, value] of entries) {
    if (name === "" || name === "time" || isUnspeakable(name)) {
      return `not a name for a field: ${JSON.stringify(name)}`;
    }
    if (typeof value === "number" && !Number.isFinite(value))
      return `the field ${name} is not a finite number: ${value}`;
    if (typeof value === "string" && !value.isWellFormed()) return `the field ${name} is not a text in Unicode`;
  }
  return undefined;
}

/** Control characters end a line of InfluxDB's protocol, and it cannot spell a backslash in a tag or a name at all. */
function isUnspeakable(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) < 0x20 || text[i] === "\\") return true;
  }
  return !text.isWellFormed();
}

/** Points that may be sent, and those refused with the reason. */
export function sortOut(points: readonly Point[]): {
  readonly sound: readonly Point[];
  readonly refused: readonly { readonly point: Point; readonly reason: string }[];
} {
  const sound: Point[] = [];
  const refused: { point: Point; reason: string }[] = [];
  for (const point of points) {
    const reason = flawOf(point);
    if (reason === undefined) sound.push(point);
    else refused.push({ point, reason });
  }
  return { sound, refused };
}
