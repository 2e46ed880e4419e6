import type { Closer } from "#kit/closer.ts";
import { every } from "#kit/every.ts";
import type { DeviceTime } from "./device-time.ts";
import type { Finding } from "./finding.ts";

/** A finding and since when it holds. */
export interface LastingFinding extends Finding {
  /** Milliseconds since boot. */
  readonly sinceUp: number;
  /** UTC ms of that moment by the clock of now, null where it is unknown. */
  readonly sinceAt: number | null;
}

/** What is found of the device, and since when. */
export interface FindingsWatch extends Closer {
  now(): readonly LastingFinding[];
}

/** Often enough for "since when" in a person's units. */
const LOOK_EVERY_MS = 5_000;

/** Looks again and again; a finding lasts as long as its part has the same code. */
export function watchFindings(
  look: () => readonly Finding[],
  time: Pick<DeviceTime, "stamp">,
  onError: (error: unknown) => void,
): FindingsWatch {
  let known: ReadonlyMap<string, { readonly code: string; readonly sinceUp: number }> = new Map();
  const now = (): readonly LastingFinding[] => {
    const findings = look();
    const { up, at } = time.stamp();
    known = new Map(
      findings.map(({ part, code }) => {
        const before = known.get(part);
        return [part, before?.code === code ? before : { code, sinceUp: up }];
      }),
    );
    return findings.map((finding) => {
      const sinceUp = known.get(finding.part)?.sinceUp ?? up;
      return { ...finding, sinceUp, sinceAt: at === null ? null : at - (up - sinceUp) };
    });
  };
  const looking = every(LOOK_EVERY_MS, async () => void now(), onError);
  return { now, close: () => looking.close() };
}
