import type { Will } from "#mqtt/connect.ts";
import { type Frame, Framer } from "#mqtt/framer.ts";
import { PACKET } from "#mqtt/packet-types.ts";
import { messageIdOf, type Publish } from "#mqtt/publish.ts";
import type { Identity } from "../access/accounts.ts";
import type { Broker } from "../broker.ts";
import { BrokerLink } from "./broker-link.ts";
import { Flows } from "./flows.ts";

/** What a connection does for its broker side. */
export interface BrokerSideEnd {
  readonly write: (bytes: Buffer) => void;
  /** The broker accepts the client; gives the CONNACK as the client shall see it. */
  readonly welcome: (connack: Frame) => Frame;
  /** After the CONNACK was written. */
  readonly onWelcomed: (connack: Frame) => void;
  /** The broker takes more after `isFull`. */
  readonly onRoom: () => void;
  readonly onClosed: () => void;
  readonly onBad: (error: unknown) => void;
  /** What the broker writes still goes to the client. */
  readonly isOpen: () => boolean;
  /** The broker must wait for the client to take what was written; `drained` says when no more. */
  readonly isBehind: () => boolean;
}

const BROKER_PACKET_BYTES = 16 * 1024 * 1024;

/** What one connection and the broker say to each other: whole packets, message ids of both, back-pressure both ways. */
export class BrokerSide {
  readonly #end: BrokerSideEnd;
  readonly #link: BrokerLink;
  readonly #flows: Flows;
  readonly #fromBroker = new Framer(BROKER_PACKET_BYTES);
  #isFull = false;
  #waiting: (() => void) | undefined;

  /** `isKept`: the broker keeps a session beyond this connection. */
  constructor(identity: Identity, will: Will | undefined, isKept: boolean, end: BrokerSideEnd) {
    this.#end = end;
    this.#flows = new Flows(!isKept);
    this.#link = new BrokerLink(identity, will, {
      takeBytes: (bytes, done) => this.#take(bytes, done),
      onRoom: () => {
        this.#isFull = false;
        end.onRoom();
      },
      onClosed: end.onClosed,
    });
  }

  /** The broker takes no more for now. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** Begins with the client's CONNECT. */
  enter(broker: Broker, connect: Buffer): void {
    broker.serve(this.#link);
    this.forward(connect);
  }

  /** Hands a whole packet to the broker. */
  forward(packet: Buffer): void {
    if (!this.#link.send(packet)) this.#isFull = true;
  }

  /** Hands a publish to the broker. Throws `ProtocolError` where its message id is in use. */
  publish(publish: Publish, frame: Frame): void {
    this.#flows.usePublish(publish);
    this.forward(frame.bytes);
  }

  /** Hands a PUBREL to the broker. */
  release(frame: Frame): void {
    this.#flows.release(messageIdOf(frame));
    this.forward(frame.bytes);
  }

  /** Takes a PUBACK, PUBREC or PUBCOMP; whether a delivery waited for it. Throws `ProtocolError` where another was due. */
  acknowledge(frame: Frame): boolean {
    const { isDue, forBroker, answer } = this.#flows.fromClient(frame);
    if (forBroker !== undefined) this.forward(forBroker);
    if (answer !== undefined) this.#end.write(answer);
    return isDue;
  }

  /** The client has taken what was written to it. */
  drained(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.();
  }

  /** The client has gone. */
  end(): void {
    this.drained();
    this.#link.sendEnd();
  }

  #take(bytes: Buffer, done: () => void): void {
    if (!this.#end.isOpen()) {
      done();
      return;
    }
    try {
      this.#fromBroker.push(bytes, (frame) => {
        const isWelcome = frame.type === PACKET.connack && frame.bytes[frame.bodyAt + 1] === 0;
        this.#end.write(this.#flows.toClient(isWelcome ? this.#end.welcome(frame) : frame));
        if (isWelcome) this.#end.onWelcomed(frame);
      });
    } catch (error) {
      this.#end.onBad(error);
    }
    if (this.#end.isBehind()) this.#waiting = done;
    else done();
  }
}
