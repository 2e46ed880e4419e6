import type { ISubscribePacket, IUnsubscribePacket } from "mqtt-packet";
import type { Identity } from "../access/accounts.ts";
import { ConsumerSession, type Outlet } from "./consumer-session.ts";
import { joinSubscribed, type SubscriptionParts, subscribe, unsubscribe } from "./subscriptions.ts";

/** What a connection does for its journal side. */
export interface JournalSideEnd extends Outlet {
  /** The client is still there and may be given deliveries. */
  readonly isServed: () => boolean;
  /** The disk did not take what the client asked for. */
  readonly onUnavailable: (error: unknown) => void;
}

/** What the journal serves a connection with; `window` is how many deliveries may wait for their acknowledgement. */
export interface JournalSideParts extends SubscriptionParts {
  readonly window: number;
}

/** What one connection is given from the journal: nothing until it subscribes to durable data, or has a session of it. */
export class JournalSide {
  readonly #identity: Identity;
  readonly #isLasting: boolean;
  readonly #parts: JournalSideParts;
  readonly #end: JournalSideEnd;
  #consumer: ConsumerSession | undefined;
  #turn: Promise<void> = Promise.resolve();

  constructor(identity: Identity, isLasting: boolean, parts: JournalSideParts, end: JournalSideEnd) {
    this.#identity = identity;
    this.#isLasting = isLasting;
    this.#parts = parts;
    this.#end = end;
  }

  /** It is served from the journal, and by nobody else. */
  get isUsed(): boolean {
    return this.#consumer !== undefined;
  }

  /** Everything that it was given is acknowledged. */
  get isIdle(): boolean {
    return this.#consumer?.isIdle ?? true;
  }

  /** Its client has a session of durable data from before, and asks for it. */
  get isResumed(): boolean {
    return this.#isLasting && this.#parts.sessions.kindOf(this.#identity.clientId) === "lasting";
  }

  /** Ends the session that the client does not want any more, then goes on. */
  begin(goOn: () => void): void {
    const { sessions } = this.#parts;
    const { clientId } = this.#identity;
    if (this.isResumed || sessions.kindOf(clientId) === "none") goOn();
    else this.#inTurn(() => sessions.end(clientId).then(goOn));
  }

  /** Delivers what the session from before is to have. */
  resume(): void {
    if (this.isResumed) this.#parts.sessions.join(this.#identity.clientId, this.#consume());
  }

  /** Subscribes to durable data, answers, and begins to deliver. */
  subscribe(packet: ISubscribePacket): void {
    const subscriber = this.#subscriber(this.#consume());
    this.#inTurn(async () => {
      this.#end.write(await subscribe(packet, subscriber, this.#parts));
      if (this.#end.isServed()) joinSubscribed(subscriber, this.#parts);
      else this.end();
    });
  }

  /** Takes subscriptions back and answers; false where the journal serves it nothing. */
  unsubscribe(packet: IUnsubscribePacket): boolean {
    if (this.#consumer === undefined) return false;
    const subscriber = this.#subscriber(this.#consumer);
    this.#inTurn(async () => this.#end.write(await unsubscribe(packet, subscriber, this.#parts)));
    return true;
  }

  /** Whether a delivery waited for this acknowledgement. */
  acknowledge(messageId: number): boolean {
    return this.#consumer?.acknowledge(messageId) ?? false;
  }

  /** Once per read, after its acknowledgements. */
  settle(): void {
    this.#consumer?.settle();
  }

  /** The connection has room again. */
  drained(): void {
    this.#consumer?.resume();
  }

  /** Gives back what was not acknowledged. */
  end(): void {
    if (this.#consumer === undefined) return;
    this.#consumer.end();
    this.#parts.sessions.left(this.#identity.clientId, this.#consumer);
  }

  #consume(): ConsumerSession {
    this.#consumer ??= new ConsumerSession(this.#identity.clientId, this.#parts.window, this.#end);
    return this.#consumer;
  }

  #subscriber(consumer: ConsumerSession) {
    return { identity: this.#identity, consumer, isLasting: this.#isLasting };
  }

  /** Changes are synced before they are answered, one after the other. */
  #inTurn(change: () => Promise<void>): void {
    this.#turn = this.#turn.then(change).catch((error: unknown) => this.#end.onUnavailable(error));
  }
}
