import type { UpdateReport } from "#contract/twin.ts";
import type { SignedUpdate } from "#contract/updates.ts";

/** Who takes the updates that the cloud wants. Nothing of them but their shape was looked at: signatures are its affair. */
export interface UpdateSink {
  /**
   * Says which updates are wanted, all of them: what was wanted before and is not named is not wanted any more. Called
   * each time the twin arrives, so often with the same ones; returns at once and does its work by itself.
   */
  want(updates: readonly SignedUpdate[]): void;
  /** What was done with each of them, for `twin/reported`; at most 16 are said. */
  reports(): readonly UpdateReport[];
  /** Why no update is taken whatever is wanted, or undefined. */
  trouble(): string | undefined;
  /** Calls back when the reports have changed; gives the way to stop it. */
  onChange(listener: () => void): () => void;
}

/** For a device that takes no updates. */
export const noUpdates: UpdateSink = {
  want: () => {},
  reports: () => [],
  trouble: () => undefined,
  onChange: () => () => {},
};
