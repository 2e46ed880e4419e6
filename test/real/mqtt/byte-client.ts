import { once } from "node:events";
import { createConnection, type Socket } from "node:net";
import { wait } from "#kit/wait.ts";

/** How long a broker may take for each answer and for closing. */
const ANSWER_WITHIN_MS = 1_000;

/** A TCP client that counts bytes: what it reads is exactly as long as what it expects. */
export class ByteClient {
  readonly #socket: Socket;
  #unread = Buffer.alloc(0);
  #isClosed = false;
  #onNews: () => void = () => undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => {
      this.#unread = Buffer.concat([this.#unread, chunk]);
      this.#onNews();
    });
    // A reset is a way to close, too.
    socket.on("error", () => socket.destroy());
    for (const end of ["end", "close"]) {
      socket.on(end, () => {
        this.#isClosed = true;
        this.#onNews();
      });
    }
  }

  /** Opens a connection to a port of loopback. */
  static async open(port: number): Promise<ByteClient> {
    const socket = createConnection({ host: "127.0.0.1", port });
    await once(socket, "connect");
    return new ByteClient(socket);
  }

  /** Writes bytes; a broker that has closed already shows with the next `read`. */
  send(bytes: Uint8Array): void {
    if (!this.#isClosed && this.#socket.writable) this.#socket.write(bytes);
  }

  /** The next `count` bytes, or fewer where the broker closed or took too long. */
  async read(count: number): Promise<Buffer> {
    await this.#until(() => this.#unread.length >= count || this.#isClosed);
    const bytes = this.#unread.subarray(0, count);
    this.#unread = this.#unread.subarray(bytes.length);
    return bytes;
  }

  /** Whether the broker closes in time. */
  async isClosed(): Promise<boolean> {
    await this.#until(() => this.#isClosed);
    return this.#isClosed;
  }

  /** What came and was not read. */
  get unread(): Buffer {
    return this.#unread;
  }

  /** Cuts the connection. */
  destroy(): void {
    this.#socket.destroy();
  }

  async #until(isSo: () => boolean): Promise<void> {
    const impatience = new AbortController();
    const tooLate = wait(ANSWER_WITHIN_MS, impatience.signal).then(
      () => true,
      () => true,
    );
    for (let isLate = false; !isSo() && !isLate; ) {
      const news = new Promise<boolean>((resolve) => {
        this.#onNews = () => resolve(false);
      });
      isLate = await Promise.race([news, tooLate]);
    }
    impatience.abort();
  }
}
