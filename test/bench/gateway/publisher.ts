import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createConnection, type Socket } from "node:net";
import { controlPacket } from "#mqtt/control.ts";
import { type Frame, Framer } from "#mqtt/framer.ts";
import { PACKET } from "#mqtt/packet-types.ts";
import { messageIdOf, publishPacket } from "#mqtt/publish.ts";
import { connectPacket } from "../../support/raw-mqtt.ts";

/** How a publisher connects and what it says. */
export interface PublisherOptions {
  readonly port: number;
  readonly clientId: string;
  readonly token: string;
  readonly topic: string;
  readonly window: number;
  readonly payloadBytes: number;
  /** Its place among the publishers: it stands in each payload. */
  readonly at: number;
  /** Called for each PUBACK with the time since its publish. */
  readonly onAcknowledged: (tookMs: number, atMs: number) => void;
  /** The broker refused it or closed its connection. */
  readonly onLost: (error: Error) => void;
}

/** A payload is random but for its last bytes: who sent it, and a number that counts from 1 on each connection. */
const SENDER_FROM_END = 8;
const NUMBER_FROM_END = 4;

/** Who sent a payload, and as its how-manieth. */
export const stampOf = (payload: Buffer): { readonly sender: number; readonly number: number } => ({
  sender: payload.readUInt32BE(payload.length - SENDER_FROM_END),
  number: payload.readUInt32BE(payload.length - NUMBER_FROM_END),
});

const MAX_PACKET_BYTES = 1024;
/** Long enough for every phase: a publisher sends no PINGREQ. */
const KEEPALIVE_S = 600;

/**
 * Publishes at QoS 1 and keeps a window of unacknowledged publishes full, as cheaply as a Node program can: each packet
 * of the window is made once and sent again as soon as its message id is free; one read is answered with one write.
 */
export class Publisher {
  readonly #options: PublisherOptions;
  readonly #socket: Socket;
  readonly #framer = new Framer(MAX_PACKET_BYTES);
  /** By message id, 1 to the window's size. */
  readonly #packets: readonly Buffer[];
  readonly #sentMs: Float64Array;
  readonly #connected = Promise.withResolvers<void>();
  #sentCount = 0;
  #nowMs = 0;
  #freed: Buffer[] = [];
  #isSending = false;
  #isClosed = false;

  constructor(options: PublisherOptions) {
    const { port, topic, window, payloadBytes, at } = options;
    const payload = randomBytes(payloadBytes);
    payload.writeUInt32BE(at, payloadBytes - SENDER_FROM_END);
    this.#options = options;
    this.#sentMs = new Float64Array(window + 1);
    this.#packets = Array.from({ length: window + 1 }, (_, messageId) =>
      publishPacket({ topic, messageId, payload, dup: false }),
    );
    this.#socket = createConnection({ host: "127.0.0.1", port, noDelay: true }, () =>
      this.#socket.write(controlPacket(connectPacket({ ...options, keepaliveS: KEEPALIVE_S }))),
    );
    this.#socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    this.#socket.on("error", (error) => this.#lose(error));
    this.#socket.on("close", () => this.#lose(new Error("the broker closed a publisher's connection")));
  }

  /** Resolves when the broker has let it in. */
  connected(): Promise<void> {
    return this.#connected.promise;
  }

  /** Fills the window and keeps it full until `stop`; gives the number of publishes that are out. */
  start(): number {
    this.#isSending = true;
    this.#sentMs.fill(performance.now());
    const packets = this.#packets.slice(1);
    for (const packet of packets) this.#stamp(packet);
    this.#socket.write(Buffer.concat(packets));
    return this.#options.window;
  }

  /** Sends nothing more; what is out is still acknowledged. */
  stop(): void {
    this.#isSending = false;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#socket.closed) return;
    const closed = once(this.#socket, "close");
    this.#socket.destroy();
    await closed;
  }

  #receive(chunk: Buffer): void {
    this.#nowMs = performance.now();
    this.#framer.push(chunk, (frame) => this.#take(frame));
    const [first, ...more] = this.#freed;
    if (first === undefined) return;
    this.#socket.write(more.length === 0 ? first : Buffer.concat(this.#freed));
    this.#freed = [];
  }

  #take(frame: Frame): void {
    if (frame.type === PACKET.puback) this.#acknowledge(messageIdOf(frame));
    else if (frame.type === PACKET.connack && frame.bytes[frame.bodyAt + 1] === 0) this.#connected.resolve();
    else this.#lose(new Error(`the broker answered a publisher with ${frame.bytes.toString("hex")}`));
  }

  #acknowledge(messageId: number): void {
    const packet = this.#packets[messageId];
    if (packet === undefined) {
      this.#lose(new Error(`a PUBACK for ${messageId}, which was not sent`));
      return;
    }
    this.#options.onAcknowledged(this.#nowMs - (this.#sentMs[messageId] ?? 0), this.#nowMs);
    if (!this.#isSending) return;
    this.#sentMs[messageId] = this.#nowMs;
    this.#stamp(packet);
    this.#freed.push(packet);
  }

  #stamp(packet: Buffer): void {
    this.#sentCount += 1;
    packet.writeUInt32BE(this.#sentCount, packet.length - NUMBER_FROM_END);
  }

  #lose(error: Error): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#connected.reject(error);
    this.#options.onLost(error);
    this.#socket.destroy();
  }
}
