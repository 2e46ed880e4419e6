import { type Address, clientIdOf } from "#contract/names.ts";
import { backoffMs } from "#kit/backoff.ts";
import type { Clock } from "#kit/clock.ts";
import type { Closer } from "#kit/closer.ts";
import { AppError, codeOf, messageOf } from "#kit/errors.ts";
import type { Logger } from "#kit/logger.ts";
import { wait } from "#kit/wait.ts";
import { EnrolRefused } from "../../firmware-config/fleet-client.ts";
import { enrolInto, renewIn } from "../../firmware-config/get-certificate.ts";
import { BadIdentity, type Identity, isSpent, readIdentity } from "../../firmware-config/identity-files.ts";
import type { Counters } from "../health/counters.ts";
import type { DeviceTime } from "../health/device-time.ts";
import { holdsForMs, isAgeUnknown, isRenewalDue, type KnownTime } from "./renewal-due.ts";

/** There is no certificate to sign in with yet; the device works on and keeps everything. */
export class NoCertificate extends AppError {
  readonly code = "no-certificate";
  readonly retry = true;
}

/** How the device's certificate stands. */
export interface IdentityStatus {
  /** Serial number, null before the first certificate. */
  readonly serial: string | null;
  /** UTC ms of its end. */
  readonly notAfter: number | null;
  /** Why the first or the next certificate is not here, or null. */
  readonly trouble: string | null;
}

/** The device's certificate, which renews itself. */
export interface DeviceIdentity extends Closer {
  status(): IdentityStatus;
  /** What to sign in with now. Throws `NoCertificate` before the first. */
  current(): Identity;
  /** Calls back whenever there is a new certificate. */
  onNew(listener: () => void): void;
  /** The broker refuses the current certificate: the cloud is asked whether it still holds, at most once a minute. */
  doubt(): void;
}

/** What the identity needs. */
export interface DeviceIdentityOptions {
  readonly folder: string;
  readonly fleetUrl: string;
  readonly address: Address;
  /** The claim of the moment; asked for before each attempt, so that a new one needs no restart. */
  readonly claim: () => Promise<string | undefined>;
  readonly time: Pick<DeviceTime, "stamp">;
  readonly clock: Clock;
  readonly random: () => number;
  readonly counters: Counters;
  readonly log: Logger;
}

const ASK_AGAIN = { baseMs: 1_000, maxMs: 600_000 };
/** How often it is looked whether the time has come. */
const LOOK_EVERY_MS = 3_600_000;
const DOUBT_EVERY_MS = 60_000;
/** Refusals that end a certificate: only another claim helps. */
const LOST = ["certificate-foreign", "certificate-expired", "certificate-revoked", "too-often"];

/**
 * Gets the device its certificate with the claim, keeps it, and renews it in time; never rejects: a cloud that is away is
 * waited for, and a disk that will not have it too. The current certificate is used whatever the clock says.
 */
export async function startDeviceIdentity(options: DeviceIdentityOptions): Promise<DeviceIdentity> {
  const found = await readOwn(options).catch((error: unknown) => {
    const { log } = options;
    log.error({ event: "identity.unusable", err: error }, "the certificate on the disk cannot be used");
    return undefined;
  });
  const keeper = new IdentityKeeper(options, found);
  const kept = keeper.run();
  return {
    status: () => keeper.status(),
    current: () => keeper.current(),
    onNew: (listener) => keeper.onNew(listener),
    doubt: () => keeper.doubt(),
    close: async () => {
      keeper.stop();
      await kept;
    },
  };
}

async function readOwn({ folder, address }: DeviceIdentityOptions): Promise<Identity | undefined> {
  const found = await readIdentity(folder);
  if (found === undefined || clientIdOf(found.principal) === clientIdOf(address)) return found;
  throw new BadIdentity(`it is of ${clientIdOf(found.principal)}, but this is ${clientIdOf(address)} now`);
}

class IdentityKeeper {
  readonly #options: DeviceIdentityOptions;
  readonly #closing = new AbortController();
  readonly #listeners: (() => void)[] = [];
  /** Drawn once, so that a certificate's day does not move with each look. */
  readonly #spread: number;
  #held: Identity | undefined;
  #heldSinceMs: number;
  /** When the cloud last said that what is held holds; null before it has. */
  #saidAtMs: number | null = null;
  #isLost = false;
  #isDoubted = false;
  #doubtedAtMs = Number.NEGATIVE_INFINITY;
  #wake = new AbortController();
  #refusedClaim: string | undefined;
  #trouble: string | null = null;

  constructor(options: DeviceIdentityOptions, held: Identity | undefined) {
    this.#options = options;
    this.#held = held;
    this.#heldSinceMs = options.clock.monotonicMs();
    this.#spread = options.random();
    if (held === undefined) this.#trouble = "not asked for yet";
  }

  current(): Identity {
    if (this.#held === undefined) throw new NoCertificate(`no certificate yet: ${this.#trouble}`);
    return this.#held;
  }

  status(): IdentityStatus {
    const { serial = null, notAfterMs = null } = this.#held ?? {};
    return { serial, notAfter: notAfterMs, trouble: this.#trouble };
  }

  onNew(listener: () => void): void {
    this.#listeners.push(listener);
  }

  doubt(): void {
    const nowMs = this.#options.clock.monotonicMs();
    if (this.#held === undefined || nowMs - this.#doubtedAtMs < DOUBT_EVERY_MS) return;
    this.#doubtedAtMs = nowMs;
    this.#isDoubted = true;
    this.#wake.abort();
  }

  stop(): void {
    this.#closing.abort();
  }

  async run(): Promise<void> {
    const { random } = this.#options;
    for (let attempt = 0; !this.#closing.signal.aborted; ) {
      if (!this.#needsOne()) {
        this.#trouble = null;
        await this.#wait(this.#lookAgainMs());
        continue;
      }
      const error = await this.#getOne();
      if (error === undefined) attempt = 0;
      else {
        const isEarly = error instanceof EnrolRefused && error.code === "too-early";
        await this.#wait(isEarly ? this.#tooEarlyMs() : backoffMs(attempt, ASK_AGAIN, random()));
        attempt += 1;
      }
    }
  }

  #needsOne(): boolean {
    if (this.#held === undefined || this.#isLost || this.#isDoubted) return true;
    return this.#isDue(this.#held) || isAgeUnknown(this.#held, this.#knownTime());
  }

  #isDue(held: Identity): boolean {
    return isRenewalDue(held, this.#knownTime(), this.#spread);
  }

  #knownTime(): KnownTime {
    const nowMs = this.#options.clock.monotonicMs();
    const saidMs = this.#saidAtMs === null ? null : nowMs - this.#saidAtMs;
    return { atMs: this.#options.time.stamp().at, heldMs: nowMs - this.#heldSinceMs, saidMs };
  }

  /** Asks once; gives what went wrong. */
  async #getOne(): Promise<unknown> {
    const { counters, log } = this.#options;
    this.#isDoubted = false;
    try {
      this.#take(await this.#ask());
      return undefined;
    } catch (error) {
      if (this.#closing.signal.aborted) return error;
      if (error instanceof EnrolRefused && error.code === "too-early" && this.#isEarlyAnAnswer()) return undefined;
      if (error instanceof EnrolRefused && LOST.includes(error.code)) this.#isLost = true;
      const reason = messageOf(error);
      if (reason !== this.#trouble) {
        log.warn({ event: "certificate.missing", code: codeOf(error), reason }, "there is no new certificate yet");
      }
      this.#trouble = reason;
      counters.count(codeOf(error));
      return error;
    }
  }

  /**
   * It still holds: that answers whoever asked without knowing its age, or in doubt (whatever the broker has against it, a
   * renewal does not help). Only where the device's own time says that it is due, the clock is wrong, and that is a trouble.
   */
  #isEarlyAnAnswer(): boolean {
    this.#saidAtMs = this.#options.clock.monotonicMs();
    return this.#held !== undefined && !this.#isDue(this.#held);
  }

  async #ask(): Promise<Identity> {
    const { signal } = this.#closing;
    if (this.#held !== undefined && !this.#isLost) return await renewIn(this.#options, this.#held, signal);
    const claim = await this.#options.claim();
    if (claim === undefined) throw new NoCertificate("a claim is needed: set CLAIM or CLAIM_FILE");
    if (claim === this.#refusedClaim) throw new NoCertificate("the claim was refused: another one is needed");
    if (await isSpent(this.#options.folder, claim)) {
      throw new NoCertificate("the certificate of this claim holds no more: another one is needed");
    }
    try {
      return await enrolInto(this.#options, claim, signal);
    } catch (error) {
      if (error instanceof EnrolRefused && error.code.startsWith("claim-")) this.#refusedClaim = claim;
      throw error;
    }
  }

  #take(identity: Identity): void {
    const { clock, log } = this.#options;
    this.#held = identity;
    this.#heldSinceMs = clock.monotonicMs();
    this.#saidAtMs = this.#heldSinceMs;
    this.#isLost = false;
    this.#trouble = null;
    log.info({ event: "certificate.kept", serial: identity.serial }, "the device has a new certificate");
    for (const listener of this.#listeners) listener();
  }

  /** Often enough for certificates of any life. */
  #lookAgainMs(): number {
    return this.#held === undefined ? LOOK_EVERY_MS : Math.min(LOOK_EVERY_MS, holdsForMs(this.#held));
  }

  /** The cloud's clock says that there is time: enough of it remains to ask seldom. */
  #tooEarlyMs(): number {
    return this.#held === undefined ? LOOK_EVERY_MS : holdsForMs(this.#held);
  }

  #wait(ms: number): Promise<void> {
    this.#wake = new AbortController();
    return wait(ms, AbortSignal.any([this.#closing.signal, this.#wake.signal]));
  }
}
