import { once } from "node:events";
import { createConnection, type Socket } from "node:net";
import { encode } from "#contract/codec.ts";
import { topics } from "#contract/topics.ts";
import { controlPacket } from "#mqtt/control.ts";
import { type Frame, Framer } from "#mqtt/framer.ts";
import { PACKET } from "#mqtt/packet-types.ts";
import { publishPacket } from "#mqtt/publish.ts";
import { connectPacket } from "../../support/raw-mqtt.ts";
import type { IngestJob } from "./job.ts";

const MAX_ID = 0xffff;
const MAX_PACKET_BYTES = 1024;
/** Long enough for every phase: a feeder sends no PINGREQ. */
const KEEPALIVE_S = 600;

/** Readings of a phase as the bytes that go out, one behind the other; `ends[i]` is where reading i ends. */
interface Prepared {
  readonly bytes: Buffer;
  readonly ends: readonly number[];
}

/**
 * One device that publishes prepared readings at QoS 1 with a full window: one read of acknowledgements is answered with
 * one write of as many readings, which lie ready as one piece.
 */
export class Feeder {
  readonly #socket: Socket;
  readonly #framer = new Framer(MAX_PACKET_BYTES);
  readonly #window: number;
  readonly #phases: readonly Prepared[];
  readonly #connected = Promise.withResolvers<void>();
  #phase: Prepared | undefined;
  #sent = 0;
  #acknowledged = 0;
  #done = Promise.withResolvers<void>();

  constructor(job: IngestJob, device: IngestJob["devices"][number]) {
    this.#window = job.window;
    let from = 0;
    this.#phases = job.phases.map((count) => {
      const prepared = prepare(job, device, from, count);
      from += count;
      return prepared;
    });
    this.#socket = createConnection({ host: "127.0.0.1", port: job.port, noDelay: true }, () =>
      this.#socket.write(controlPacket(connectPacket({ ...device, keepaliveS: KEEPALIVE_S }))),
    );
    this.#socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    this.#socket.on("error", (error) => this.#fail(error));
    this.#socket.on("close", () => this.#fail(new Error("the broker closed a device's connection")));
    this.#done.promise.catch(() => {
      // Whoever waits hears of it; nobody waits while nothing is sent.
    });
  }

  connected(): Promise<void> {
    return this.#connected.promise;
  }

  /** Resolves when all readings of a phase are acknowledged. */
  async feed(phase: number): Promise<void> {
    const prepared = this.#phases[phase];
    if (prepared === undefined) throw new RangeError(`no phase ${phase}`);
    this.#phase = prepared;
    this.#sent = 0;
    this.#acknowledged = 0;
    this.#done = Promise.withResolvers();
    this.#send(this.#window);
    await this.#done.promise;
  }

  async close(): Promise<void> {
    this.#socket.removeAllListeners("close");
    if (this.#socket.closed) return;
    const closed = once(this.#socket, "close");
    this.#socket.destroy();
    await closed;
  }

  #receive(chunk: Buffer): void {
    const before = this.#acknowledged;
    this.#framer.push(chunk, (frame) => this.#take(frame));
    if (this.#phase === undefined) return;
    if (this.#acknowledged === this.#phase.ends.length) this.#done.resolve();
    else this.#send(this.#acknowledged - before);
  }

  #take(frame: Frame): void {
    if (frame.type === PACKET.puback) this.#acknowledged += 1;
    else if (frame.type === PACKET.connack && frame.bytes[frame.bodyAt + 1] === 0) this.#connected.resolve();
    else this.#fail(new Error(`the broker answered a device with ${frame.bytes.toString("hex")}`));
  }

  #send(count: number): void {
    if (this.#phase === undefined) return;
    const { bytes, ends } = this.#phase;
    const to = Math.min(this.#sent + count, ends.length);
    if (to === this.#sent) return;
    this.#socket.write(bytes.subarray(ends[this.#sent - 1] ?? 0, ends[to - 1]));
    this.#sent = to;
  }

  #fail(error: Error): void {
    this.#connected.reject(error);
    this.#done.reject(error);
    this.#socket.destroy();
  }
}

function prepare(
  { firstAtMs }: IngestJob,
  { tenant, device }: IngestJob["devices"][number],
  from: number,
  count: number,
): Prepared {
  const topic = topics.data({ tenant, device }, "reading");
  const log = Buffer.from(device).toString("hex").padEnd(16, "0").slice(0, 16);
  const packets = Array.from({ length: count }, (_, i) => {
    const seq = from + i + 1;
    const at = firstAtMs + seq;
    const payload = encode({
      v: 1,
      log,
      seq,
      id: `${log}-${seq}`,
      at,
      clock: "ntp",
      boot: log,
      up: seq,
      kind: "reading",
      sensor: "pm",
      model: "sds011",
      samples: [{ at, up: seq, values: { pm25: (seq % 1000) / 10, pm10: (seq % 1000) / 8 } }],
    });
    return publishPacket({ topic, messageId: (seq % MAX_ID) + 1, payload, dup: false });
  });
  let end = 0;
  const ends = packets.map(({ length }) => {
    end += length;
    return end;
  });
  return { bytes: Buffer.concat(packets), ends };
}
