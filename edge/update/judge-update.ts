import type { ClockQuality } from "#contract/messages.ts";
import { isUpdateSigned, type SignedUpdate, type UpdateManifest, updateId } from "#contract/updates.ts";
import { isAtLeast } from "#contract/version.ts";

/** The highest counter that a device has taken of one kind and name, and whose it was. */
export interface Highest {
  readonly counter: number;
  readonly id: string;
}

/** What a device holds an update against. */
export interface JudgeFacts {
  /** Raw public keys, base64url: none means that it takes no updates. */
  readonly keys: readonly string[];
  /** The version of the program that runs. */
  readonly software: string;
  /** The kind of machine, as Node names it. */
  readonly arch: string;
  /** Whether there is something here that it would replace. */
  readonly isKnown: (manifest: UpdateManifest) => boolean;
  readonly highest: (manifest: UpdateManifest) => Highest | undefined;
  /** The counter of what is installed here, whatever the book says; 0 where that has none. */
  readonly floor: (manifest: UpdateManifest) => number;
  readonly now: { readonly at: number | null; readonly clock: ClockQuality };
}

/** What becomes of an update before a byte of it is fetched. */
export type Judgement =
  | { readonly kind: "take" }
  | { readonly kind: "wait"; readonly reason: string }
  | { readonly kind: "unfit"; readonly reason: string }
  | { readonly kind: "refuse"; readonly reason: string };

const refuse = (reason: string): Judgement => ({ kind: "refuse", reason });
const unfit = (reason: string): Judgement => ({ kind: "unfit", reason });
const wait = (reason: string): Judgement => ({ kind: "wait", reason });

/**
 * How far a battery's clock is believed here. It counts as `rtc` only while it agrees with the system's, and the stated error
 * (`CLOCK_ERROR_MS`, five minutes) is what a crystal does in a month: a day covers twenty years.
 */
const RTC_WITHIN_MS = 86_400_000;

/** Whether the device may fetch it: the signature first, since nothing else of it counts without one. */
export function judgeUpdate(update: SignedUpdate, facts: JudgeFacts): Judgement {
  const { manifest } = update;
  if (facts.keys.length === 0) return unfit("this device takes no updates: UPDATE_KEYS is not set");
  if (!facts.keys.includes(update.key)) return refuse("signed with a key that this device does not know");
  if (!isUpdateSigned(update, facts.keys)) return refuse("the signature is not that of this manifest");
  const other = judgeFitness(manifest, facts) ?? judgeCounter(manifest, facts.highest(manifest), facts.floor(manifest));
  const hindrance = other ?? judgeExpiry(manifest, facts.now);
  if (hindrance !== undefined) return hindrance;
  if (!isAtLeast(facts.software, manifest.minSoftware)) {
    return wait(`it needs software ${manifest.minSoftware} or newer; this is ${facts.software}`);
  }
  return { kind: "take" };
}

function judgeFitness(manifest: UpdateManifest, { isKnown, arch, software }: JudgeFacts): Judgement | undefined {
  const { kind, name, version } = manifest;
  if (!isKnown(manifest)) return unfit(`this device has no ${kind} by the name of ${name}`);
  if (manifest.arch !== undefined && manifest.arch !== arch)
    return unfit(`it is for ${manifest.arch}, this is ${arch}`);
  // A device that is new, or has a new card, has no book: what it came with is not to be replaced by what is older.
  const isOlder = kind === "software" && !isAtLeast(version, software);
  return isOlder ? unfit(`its version ${version} is older than ${software}, which runs here`) : undefined;
}

function judgeCounter(manifest: UpdateManifest, highest: Highest | undefined, floor: number): Judgement | undefined {
  const { counter } = manifest;
  if (highest !== undefined && counter < highest.counter) {
    return refuse(`its counter ${counter} is older than ${highest.counter}, which was here`);
  }
  if (counter < floor) return unfit(`its counter ${counter} is older than ${floor}, which is here`);
  const taken = highest !== undefined && counter === highest.counter ? highest.id : undefined;
  if (taken === updateId(manifest)) return undefined;
  const isTaken = taken !== undefined || counter === floor;
  return isTaken ? refuse(`its counter ${counter} is that of another update that was here`) : undefined;
}

/**
 * GPS and NTP say when it has expired. A battery's clock says only that it surely has not: it must be a day before, and not
 * behind the day of the signature, which it would be after its battery was empty. Without a time it waits: a clock that
 * nobody vouches for may be years behind, and would take what has long expired.
 */
function judgeExpiry({ issuedAt, expiresAt }: UpdateManifest, { at, clock }: JudgeFacts["now"]): Judgement | undefined {
  if (at === null || clock === "none") {
    return wait(`the time must be known to know that it has not expired; now the clock is ${clock}`);
  }
  if (clock !== "rtc") {
    return at >= expiresAt ? refuse(`it expired at ${new Date(expiresAt).toISOString()}`) : undefined;
  }
  if (at < issuedAt - RTC_WITHIN_MS) {
    return wait("by the battery's clock it is not signed yet: the time must come from GPS or NTP");
  }
  if (at >= expiresAt - RTC_WITHIN_MS) {
    return wait("by the battery's clock it has expired, or will within a day: the time must come from GPS or NTP");
  }
  return undefined;
}
