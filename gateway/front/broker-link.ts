import { Duplex } from "node:stream";
import type { Will } from "#mqtt/connect.ts";
import type { Identity } from "../access/accounts.ts";

/** What the front does with the broker's side of a connection. */
export interface LinkEnd {
  /** Takes bytes that the broker writes; calls `done` when it may write more. */
  readonly takeBytes: (bytes: Buffer, done: () => void) => void;
  /** The broker can take more after `send` said no. */
  readonly onRoom: () => void;
  /** The broker has closed the connection. */
  readonly onClosed: () => void;
}

/** The wire between the front and the broker: in one process, with back-pressure both ways. */
export class BrokerLink extends Duplex {
  readonly identity: Identity;
  readonly will: Will | undefined;
  /** What it is subscribed to at the broker. */
  readonly filters = new Set<string>();
  readonly #end: LinkEnd;

  constructor(identity: Identity, will: Will | undefined, end: LinkEnd) {
    super();
    this.identity = identity;
    this.will = will;
    this.#end = end;
  }

  /** Hands a whole packet to the broker; false asks to wait for `onRoom`. */
  send(packet: Buffer): boolean {
    return this.push(packet);
  }

  /** The client has gone; the broker still reads what was sent before. */
  sendEnd(): void {
    if (!this.destroyed && !this.readableEnded) this.push(null);
  }

  /**
   * All that waits, as one piece. Node 26 gives a paused reader one piece at a time; aedes (1.2.0) takes the next one while
   * it is still within the first, which breaks its parser where a publish is done at once (QoS 0, nobody subscribed).
   */
  override read(size?: number): Buffer | null {
    const pieces: Buffer[] = [];
    for (let piece: unknown = super.read(size); Buffer.isBuffer(piece); piece = super.read(size)) pieces.push(piece);
    return pieces.length === 0 ? null : Buffer.concat(pieces);
  }

  override _read(): void {
    this.#end.onRoom();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#end.takeBytes(chunk, done);
  }

  override _writev(pieces: readonly { readonly chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this.#end.takeBytes(Buffer.concat(pieces.map(({ chunk }) => Buffer.from(chunk))), done);
  }

  override _final(done: (error?: Error | null) => void): void {
    done();
    this.#end.onClosed();
  }

  override _destroy(_error: Error | null, done: (error: Error | null) => void): void {
    done(null);
    this.#end.onClosed();
  }
}
