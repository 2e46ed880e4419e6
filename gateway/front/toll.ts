import { clientIdOf } from "#contract/names.ts";
import type { Identity } from "../access/accounts.ts";
import type { Allowance, AllowanceLimits, Allowances } from "../access/allowances.ts";

/** Around a toll. */
export interface TollEnd {
  readonly limits: () => AllowanceLimits;
  readonly nowMs: () => number;
  /** The client has used up what it may send, and is not read from here on. */
  readonly onEmpty: () => void;
  /** It may be read again. */
  readonly onRefilled: () => void;
}

/** What one connection takes out of its client's allowance; counted by message, settled once for each read. */
export class Toll {
  readonly #allowances: Allowances;
  readonly #allowance: Allowance;
  readonly #end: TollEnd;
  #messages = 0;
  #bytes = 0;
  #waiting: NodeJS.Timeout | undefined;

  constructor(allowances: Allowances, identity: Identity, end: TollEnd) {
    this.#allowances = allowances;
    this.#allowance = allowances.use(keyOf(identity));
    this.#end = end;
  }

  /** Whether the client must not be read. */
  get isWaiting(): boolean {
    return this.#waiting !== undefined;
  }

  /** Counts a packet, or what makes it as dear as so many more. */
  count(bytes: number, messages = 1): void {
    this.#messages += messages;
    this.#bytes += bytes;
  }

  /** Does not count a packet after all: the acknowledgement of a delivery costs nothing. */
  discount(bytes: number): void {
    this.#messages -= 1;
    this.#bytes -= bytes;
  }

  /** Takes out what was counted, and waits where nothing is left. */
  settle(): void {
    const { limits, nowMs } = this.#end;
    if (this.#messages > 0) this.#allowance.take(this.#messages, this.#bytes, nowMs(), limits());
    this.#messages = 0;
    this.#bytes = 0;
    if (this.#waiting !== undefined) return;
    const waitMs = this.#allowance.waitMs(nowMs(), limits());
    if (waitMs === 0) return;
    this.#end.onEmpty();
    this.#wait(waitMs);
  }

  /** The connection has gone. */
  end(): void {
    clearTimeout(this.#waiting);
    this.#allowances.release(this.#allowance);
  }

  /** Looks again at least each second, since the limits may change meanwhile, and other connections use the same. */
  #wait(waitMs: number): void {
    const { limits, nowMs, onRefilled } = this.#end;
    this.#waiting = setTimeout(
      () => {
        const leftMs = this.#allowance.waitMs(nowMs(), limits());
        if (leftMs > 0) return this.#wait(leftMs);
        this.#waiting = undefined;
        return onRefilled();
      },
      Math.ceil(Math.min(waitMs, LOOK_AGAIN_MS)),
    );
  }
}

/** All connections of whoever may hold several count together: another name for one more is no more to send. */
const keyOf = ({ role, clientId, address }: Identity): string => (role === "device" ? clientId : clientIdOf(address));

const LOOK_AGAIN_MS = 1_000;
