import type { UpdateKind, UpdateManifest } from "#contract/updates.ts";

/** How an update stands once it was switched to. */
export interface Standing {
  /** `waiting`: it was on trial, and is tried again. */
  readonly stage: "trial" | "active" | "returned" | "waiting";
  readonly reason: string;
}

/** An update that has passed its test here. */
export interface Tested {
  /** What was measured, for the operator. */
  readonly why: string;
  /** Switches to it, on trial. */
  begin(): Promise<void>;
}

/** What one kind of update is installed by. Once `begin` was called, it knows by itself how the update stands. */
export interface Installer {
  readonly kind: UpdateKind;
  readonly name: string;
  /** The highest counter of what is installed here, also where the book is new or lost; 0 where nothing has one. */
  readonly floor: number;
  /** Makes up for what the disk did not take of what it has to remember; nothing is begun before. */
  settle(): Promise<void>;
  /** Why none can be taken now, or undefined. */
  busy(): string | undefined;
  /** Also of what was never taken as an update: it came with the device. */
  standing(id: string, update: UpdateManifest): Standing | undefined;
  /**
   * What has passed its test before and lies here, to be tried again; undefined: there is nothing of it. Throws
   * `UpdateWaits` while it is not to be tried yet.
   */
  again(update: UpdateManifest): Tested | undefined;
  /** Room that it takes beside the downloaded files, in bytes. */
  roomFor(update: UpdateManifest): number;
  /** Tries the files, which lie by hash in a folder. Rejects with `UpdateRefused` when they are no good here. */
  test(update: UpdateManifest, files: string, signal: AbortSignal): Promise<Tested>;
  /** Calls back when a standing has changed. */
  onChange(listener: () => void): void;
}
