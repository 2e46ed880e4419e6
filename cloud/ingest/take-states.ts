import { DeviceState } from "#contract/messages.ts";
import { type Address, RESERVED_TENANT } from "#contract/names.ts";
import { parseTopic } from "#contract/topics.ts";
import type { Clock } from "#kit/clock.ts";
import { JsonText } from "#kit/json-text.ts";
import type { Logger } from "#kit/logger.ts";
import { verifyVisits } from "../sites/visit-book.ts";
import { addTo } from "../store/state/counters.ts";
import { pinKey, pinnedKeyOf } from "../store/state/devices.ts";
import type { StateStore } from "../store/state/state-store.ts";
import type { IngestEvent } from "./events.ts";

/** What taking in the devices' `state` needs. */
export interface StateParts {
  readonly state: StateStore;
  readonly clock: Clock;
  readonly log: Logger;
  readonly onEvents: (events: readonly IngestEvent[]) => void;
}

/** Takes in what devices show of themselves. */
export interface StateTaking {
  /** A device's `state`: its key is pinned at first use, and visits that waited for it are checked. */
  take(topic: string, payload: Uint8Array): void;
  /** Tries again what the store would not take: the last of each device, since nobody sends it a second time. */
  retry(): void;
}

/** Keeps nothing but what the store has refused. */
export function takeStates(parts: StateParts): StateTaking {
  const refused = new Map<string, Uint8Array>();
  const take = (topic: string, payload: Uint8Array) => {
    const parsed = parseTopic(topic);
    if (parsed?.kind === "reported") return;
    // Gateways show themselves in a shape of their own, without a key.
    if (parsed?.address.tenant === RESERVED_TENANT) return;
    const shown = StateJson.safeParse(Buffer.from(payload).toString());
    if (parsed?.kind !== "state" || !shown.success) {
      if (payload.length > 0) parts.log.warn({ event: "state.rejected", topic }, "a device's state cannot be read");
      return;
    }
    try {
      parts.onEvents(pin(parsed.address, shown.data.publicKey, parts));
      refused.delete(topic);
    } catch (error) {
      if (!refused.has(topic)) {
        parts.log.warn({ event: "state.unkept", topic, err: error }, "a device's state could not be kept yet");
      }
      refused.set(topic, payload);
    }
  };
  return {
    take,
    retry: () => {
      for (const [topic, payload] of [...refused]) take(topic, payload);
    },
  };
}

function pin(address: Address, key: string, { state, clock, log }: StateParts): readonly IngestEvent[] {
  // A whole fleet that comes back shows known keys: no transaction for those.
  if (state.read((sql) => pinnedKeyOf(sql, address)) === key) return [];
  return state.transaction(clock.nowMs(), ({ sql, nowMs }) => {
    const pinning = pinKey(sql, address, key, nowMs);
    if (pinning === "refused") {
      addTo(sql, "refused-keys", 1);
      log.warn({ event: "key.refused", ...address }, "a device shows another key than the pinned one");
    }
    return pinning === "pinned" ? verifyVisits(sql, address) : [];
  });
}

const StateJson = JsonText.pipe(DeviceState);
