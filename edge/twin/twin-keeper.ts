import { messageOf } from "#kit/errors.ts";
import type { Logger } from "#kit/logger.ts";
import type { OpenedSettings } from "./open-settings.ts";
import { nextTwin, type TwinEvent, type TwinState } from "./twin-state.ts";

/** Takes a twin from one state to the next and keeps what must be kept. */
export interface TwinKeeper {
  readonly state: TwinState;
  /** Why the newest state is not on disk, or what was there could not be read; or null. */
  readonly trouble: string | null;
  /**
   * The state after an event is on disk before this resolves. Where the disk takes nothing, wants are not taken (false),
   * and all else counts until the next start.
   */
  step(event: TwinEvent): Promise<boolean>;
}

/** During a trial a device that dies must not begin it anew; */
const KEEP_TRIAL_MS = 60_000;
/** in a silence of days an hour is no matter, and a card wears with each write. */
const KEEP_SILENCE_MS = 60 * 60_000;

/**
 * Goes on from what was found on disk; the steps must not be asked for at the same time. `follow` puts each new state in
 * force at once, so that nobody sees what was decided on without what it led to.
 */
export function keepTwin(
  { state: begin, store, rules, trouble: found }: OpenedSettings,
  follow: (state: TwinState) => void,
  log: Logger,
): TwinKeeper {
  let state = begin;
  let kept = begin;
  let trouble = found;
  return {
    get state() {
      return state;
    },
    get trouble() {
      return trouble;
    },
    step: async (event) => {
      const next = nextTwin(state, event, rules);
      if (isWorthKeeping(kept, next)) {
        try {
          await store.write(next);
          kept = next;
          trouble = null;
        } catch (error) {
          if (trouble !== messageOf(error)) {
            log.error({ event: "twin.unkept", err: error }, "the twin cannot be kept on disk");
          }
          trouble = messageOf(error);
          if (event.kind === "wanted") return false;
        }
      }
      tell(state, next, log);
      state = next;
      follow(state);
      return true;
    },
  };
}

function isWorthKeeping(kept: TwinState, next: TwinState): boolean {
  if (kept === next) return false;
  const everyMs = next.trial === null ? KEEP_SILENCE_MS : KEEP_TRIAL_MS;
  return Math.abs(next.unheard.ms - kept.unheard.ms) >= everyMs || withoutTimes(kept) !== withoutTimes(next);
}

function withoutTimes({ unheard, returned, ...rest }: TwinState): string {
  return JSON.stringify([rest, unheard.starts, returned && { ...returned, ms: 0 }]);
}

/** Says in the log what a person would want to know. */
function tell(before: TwinState, after: TwinState, log: Logger): void {
  const { rev, refused, trial, returned } = after;
  if (rev !== before.rev)
    log.info({ event: "twin.decided", rev, refused, onTrial: trial !== null }, "a twin was decided on");
  if (before.trial === null || trial !== null) return;
  if (returned !== null && returned.tries !== before.returned?.tries) {
    log.warn({ event: "twin.returned", rev, refused }, "settings of the cloud failed: the last good ones are back");
  } else log.info({ event: "twin.proven", rev }, "settings of the cloud have proven themselves");
}
