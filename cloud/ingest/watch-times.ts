import type { Closer } from "#kit/closer.ts";
import { every } from "#kit/every.ts";
import type { Logger } from "#kit/logger.ts";
import type { Sql } from "../store/state/database.ts";
import type { StateStore } from "../store/state/state-store.ts";

/** The pair that tells the time of a boot may come to the other group, in another thread: so the store is asked. */
const LOOK_EVERY_MS = 1_000;

/** Looks each second whether the time of something that waits has become known. */
export function watchTimes(
  state: Pick<StateStore, "read">,
  hasDue: (sql: Sql) => boolean,
  onDue: () => void,
  log: Logger,
): Closer {
  const look = async () => {
    if (state.read(hasDue)) onDue();
  };
  return every(LOOK_EVERY_MS, look, (error) => {
    log.warn({ event: "times.unseen", err: error }, "the state store could not be asked for what waits for its time");
  });
}
