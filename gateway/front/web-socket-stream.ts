import { Duplex } from "node:stream";
import type { WebSocket } from "ws";

/** What to do with a message that is not bytes. */
export type OnText = () => void;

/**
 * The bytes of a WebSocket as a stream, with back-pressure both ways. MQTT takes no notice of where one message ends and the
 * next begins (MQTT 3.1.1, 6.0); only binary messages count.
 */
export class WebSocketStream extends Duplex {
  readonly #socket: WebSocket;

  constructor(socket: WebSocket, onText: OnText) {
    super();
    this.#socket = socket;
    socket.binaryType = "nodebuffer";
    socket.on("message", (data, isBinary) => {
      if (!isBinary) return onText();
      if (Buffer.isBuffer(data) && !this.push(data)) socket.pause();
    });
    socket.once("close", () => this.destroy());
    socket.on("error", () => this.destroy());
  }

  override _read(): void {
    if (this.#socket.isPaused) this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#socket.send(chunk, { binary: true }, done);
  }

  override _writev(pieces: readonly { readonly chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this.#socket.send(Buffer.concat(pieces.map(({ chunk }) => chunk)), { binary: true }, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#socket.once("close", () => done());
    this.#socket.close();
  }

  override _destroy(_error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.terminate();
    done(null);
  }
}
