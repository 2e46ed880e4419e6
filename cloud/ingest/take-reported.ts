import { limits } from "#contract/limits.ts";
import type { Address } from "#contract/names.ts";
import { parseTopic } from "#contract/topics.ts";
import { Reported } from "#contract/twin.ts";
import type { Clock } from "#kit/clock.ts";
import { JsonText } from "#kit/json-text.ts";
import type { Logger } from "#kit/logger.ts";
import { keepReported } from "../fleet/twins/twin-book.ts";
import { addTo } from "../store/state/counters.ts";
import { isKnownDevice } from "../store/state/devices.ts";
import type { GuardedFile } from "../store/state/guarded-file.ts";
import type { StateStore } from "../store/state/state-store.ts";

/** What taking in the devices' reported twins needs. */
export interface ReportedParts {
  readonly state: StateStore;
  /** `twins.db`. */
  readonly twins: GuardedFile;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Takes in what devices say is in force. */
export interface ReportedTaking {
  /** Notes it, or counts why not; throws for nothing that a device can send. */
  take(topic: string, payload: Uint8Array): void;
  /** Keeps what was noted, in one transaction. Throws `StateUnavailable`: then it is kept in the next round. */
  keep(): void;
}

/** Topics in memory between two rounds; a fleet that comes back is kept in several. At most 64 KiB each. */
const MAX_NOTED = 256;
/** A device's first words may overtake its `state`: so many wait for theirs. */
const MAX_UNKNOWN = 64;

const ReportedJson = JsonText.pipe(Reported);

interface Noted {
  readonly address: Address;
  readonly reported: Reported;
}

/** Keeps what devices report, the newest of each; what it does not take is counted by its reason. */
export function takeReported({ state, twins, clock, log }: ReportedParts): ReportedTaking {
  const noted = new Map<string, Noted>();
  const unknown = new Map<string, Noted>();
  const refused = new Map<string, number>();
  const told = new Set<string>();
  const refuse = (reason: string, topic: string) => {
    // The first of each reason: whoever sends ten a second must not fill the log too.
    if (!told.has(reason)) log.warn({ event: "reported.rejected", topic, reason }, "a reported twin is not taken");
    told.add(reason);
    refused.set(reason, (refused.get(reason) ?? 0) + 1);
  };
  const keep = () => {
    const known = state.read((sql) => [...unknown, ...noted].filter(([, { address }]) => isKnownDevice(sql, address)));
    if (known.length > 0) {
      twins.transaction((sql) => {
        for (const [, { address, reported }] of known) keepReported(sql, address, reported, clock.nowMs());
      });
    }
    for (const [topic] of known) {
      noted.delete(topic);
      unknown.delete(topic);
    }
    for (const [topic, one] of noted) {
      if (!unknown.has(topic)) refuse("unknown-device", topic);
      putNewest(unknown, topic, one, MAX_UNKNOWN);
    }
    noted.clear();
    writeCounts(state, refused, clock.nowMs());
  };
  return {
    take: (topic, payload) => {
      const parsed = parseTopic(topic);
      if (parsed?.kind !== "reported" || payload.length === 0) return;
      if (payload.length > limits.retainedBytes) return refuse("too-large", topic);
      const said = ReportedJson.safeParse(Buffer.from(payload).toString());
      if (!said.success) return refuse("malformed", topic);
      if (noted.size >= MAX_NOTED && !noted.has(topic)) keepOr(keep, log);
      if (putNewest(noted, topic, { address: parsed.address, reported: said.data }, MAX_NOTED)) {
        refuse("store-down", topic);
      }
    },
    keep,
  };
}

/** Puts the newest last; true when the oldest had to go for it. */
function putNewest(map: Map<string, Noted>, topic: string, one: Noted, max: number): boolean {
  map.delete(topic);
  map.set(topic, one);
  const [oldest] = map.keys();
  return map.size > max && oldest !== undefined && map.delete(oldest);
}

function keepOr(keep: () => void, log: Logger): void {
  try {
    keep();
  } catch (error) {
    log.warn({ event: "reported.unkept", err: error }, "reported twins could not be kept yet");
  }
}

function writeCounts(state: StateStore, refused: Map<string, number>, nowMs: number): void {
  if (refused.size === 0) return;
  state.transaction(nowMs, ({ sql }) => {
    for (const [reason, times] of refused) addTo(sql, `reported-refused ${reason}`, times);
  });
  refused.clear();
}
