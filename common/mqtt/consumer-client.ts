import { createConnection, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Packet } from "mqtt-packet";
import type { Closer } from "#kit/closer.ts";
import { AppError } from "#kit/errors.ts";
import { controlPacket, parseControl } from "./control.ts";
import { type Frame, Framer, ProtocolError } from "./framer.ts";
import { PACKET } from "./packet-types.ts";
import { emptyPacket, parsePublish, pubackPackets } from "./publish.ts";

/** The broker said no, or the connection was lost. */
export class ConsumerDisconnected extends AppError {
  readonly code: "refused" | "disconnected";
  readonly retry = true;
  constructor(code: "refused" | "disconnected", message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** One delivery. It comes again (with `dup`) after a reconnect unless `acknowledge` was called. */
export interface ConsumedMessage {
  readonly topic: string;
  readonly payload: Buffer;
  readonly dup: boolean;
  /** In any order, at any time; does nothing once the connection is gone. */
  acknowledge(): void;
}

/** How a consumer connects. */
export interface ConsumerOptions {
  /** `mqtt://host:port` or `mqtts://host:port`. */
  readonly url: string;
  readonly clientId: string;
  readonly username: string;
  /** Not needed where a certificate says who it is. */
  readonly password?: string | undefined;
  /** PEM: the authority that the broker's certificate must come from, the own certificate and its key. */
  readonly tls?: { readonly ca?: Buffer; readonly cert?: Buffer; readonly key?: Buffer };
  /** Subscribed at QoS 1, in this order. */
  readonly filters: readonly string[];
  readonly keepaliveS: number;
  /** Called for each delivery, in the order of arrival; thousands may be unacknowledged at a time. */
  readonly onMessage: (message: ConsumedMessage) => void;
  /** Called once when a granted connection is lost; not after `close`. Connecting again is the caller's affair. */
  readonly onClose: (error: ConsumerDisconnected) => void;
  /** Largest packet that is taken, in bytes; 1 MiB if not said. */
  readonly maxPacketBytes?: number;
}

/** A connected consumer. */
export interface Consumer extends Closer {
  /** Reads nothing more until `resume`: what the caller cannot store yet waits at the broker, not in memory. */
  pause(): void;
  resume(): void;
}

const DEFAULT_MAX_PACKET_BYTES = 1024 * 1024;
const SUBSCRIBE_ID = 1;
const REFUSED = 0x80;
const CONNACK_REASONS = [
  "accepted",
  "unacceptable protocol version",
  "client id rejected",
  "server unavailable",
  "bad user name or password",
  "not authorised",
];

/**
 * Connects a thin MQTT 3.1.1 consumer: clean session, QoS 1, acknowledgements in any order.
 *
 * Resolves once all filters are granted; rejects with `ConsumerDisconnected` when the broker refuses or cannot be
 * reached within the keep-alive time. What was not acknowledged when the connection ends will be delivered again.
 */
export async function connectConsumer(options: ConsumerOptions): Promise<Consumer> {
  const granted = Promise.withResolvers<Consumer>();
  new ConsumerConnection(options, granted.resolve, granted.reject);
  return granted.promise;
}

class ConsumerConnection implements Consumer {
  readonly #options: ConsumerOptions;
  readonly #socket: Socket;
  readonly #framer: Framer;
  readonly #onGranted: (consumer: Consumer) => void;
  readonly #onRefused: (error: ConsumerDisconnected) => void;
  readonly #keepAlive: NodeJS.Timeout;
  readonly #ended = Promise.withResolvers<void>();
  #state: "connecting" | "granted" | "closed" = "connecting";
  #hasHeard = true;
  #isPaused = false;
  #acknowledged: number[] = [];

  constructor(
    options: ConsumerOptions,
    onGranted: (consumer: Consumer) => void,
    onRefused: (error: ConsumerDisconnected) => void,
  ) {
    this.#options = options;
    this.#onGranted = onGranted;
    this.#onRefused = onRefused;
    this.#framer = new Framer(options.maxPacketBytes ?? DEFAULT_MAX_PACKET_BYTES);
    this.#socket = openSocket(options, () => this.#sendConnect());
    this.#socket.setNoDelay(true);
    this.#socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    this.#socket.on("error", (cause) => this.#fail(new ConsumerDisconnected("disconnected", cause.message, { cause })));
    this.#socket.on("close", () => {
      this.#fail(new ConsumerDisconnected("disconnected", "the broker closed the connection"));
      this.#ended.resolve();
    });
    this.#keepAlive = setInterval(() => this.#ping(), options.keepaliveS * 500);
  }

  async close(): Promise<void> {
    if (this.#state !== "closed") {
      this.#flushAcknowledged();
      this.#state = "closed";
      clearInterval(this.#keepAlive);
      this.#socket.end(emptyPacket(PACKET.disconnect));
      this.#socket.setTimeout(this.#options.keepaliveS * 1000, () => this.#socket.destroy());
    }
    await this.#ended.promise;
  }

  pause(): void {
    this.#isPaused = true;
    this.#socket.pause();
  }

  resume(): void {
    this.#isPaused = false;
    // The answer to the last ping may lie among what was not read.
    this.#hasHeard = true;
    this.#socket.resume();
  }

  #sendConnect(): void {
    const { clientId, username, password, keepaliveS } = this.#options;
    this.#socket.write(
      controlPacket({
        cmd: "connect",
        protocolId: "MQTT",
        protocolVersion: 4,
        clean: true,
        clientId,
        keepalive: keepaliveS,
        username,
        ...(password === undefined ? {} : { password: Buffer.from(password) }),
      }),
    );
  }

  #receive(chunk: Buffer): void {
    this.#hasHeard = true;
    try {
      this.#framer.push(chunk, (frame) => this.#take(frame));
    } catch (cause) {
      if (!(cause instanceof ProtocolError)) throw cause;
      this.#fail(
        new ConsumerDisconnected("disconnected", `the broker broke the protocol: ${cause.message}`, { cause }),
      );
    }
  }

  #take(frame: Frame): void {
    if (this.#state === "closed") return;
    switch (frame.type) {
      case PACKET.publish:
        this.#deliver(frame);
        break;
      case PACKET.connack:
      case PACKET.suback:
        this.#takeAnswer(parseControl(frame));
        break;
      case PACKET.pingresp:
        break;
      default:
        throw new ProtocolError("malformed-packet", `a broker does not send packets of type ${frame.type} here`);
    }
  }

  #deliver(frame: Frame): void {
    const { topic, payload, dup, qos, messageId } = parsePublish(frame);
    let isDue = qos > 0;
    const acknowledge = () => {
      if (isDue) this.#acknowledge(messageId);
      isDue = false;
    };
    this.#options.onMessage({ topic, payload, dup, acknowledge });
  }

  /** Acknowledgements of one turn of the event loop leave as one piece of bytes. */
  #acknowledge(messageId: number): void {
    if (this.#state === "closed") return;
    if (this.#acknowledged.push(messageId) === 1) setImmediate(() => this.#flushAcknowledged());
  }

  #flushAcknowledged(): void {
    if (this.#acknowledged.length === 0 || this.#state === "closed") return;
    this.#socket.write(pubackPackets(this.#acknowledged));
    this.#acknowledged = [];
  }

  #takeAnswer(packet: Packet): void {
    const { filters } = this.#options;
    if (packet.cmd === "connack" && packet.returnCode === 0) {
      const subscriptions = filters.map((topic) => ({ topic, qos: 1 as const }));
      this.#socket.write(controlPacket({ cmd: "subscribe", messageId: SUBSCRIBE_ID, subscriptions }));
    } else if (packet.cmd === "connack") {
      const reason = CONNACK_REASONS[packet.returnCode ?? 0] ?? `code ${packet.returnCode}`;
      this.#fail(new ConsumerDisconnected("refused", `the broker refused the connection: ${reason}`));
    } else if (packet.cmd === "suback") {
      const refused = filters.filter((_, i) => (packet.granted[i] ?? REFUSED) === REFUSED);
      if (refused.length === 0) this.#grant();
      else this.#fail(new ConsumerDisconnected("refused", `the broker refused to subscribe ${refused.join(", ")}`));
    }
  }

  #grant(): void {
    this.#state = "granted";
    this.#onGranted(this);
  }

  /** While nothing is read, no answer can be heard: then it pings, to stay connected, and does not judge. */
  #ping(): void {
    if (!this.#hasHeard && !this.#isPaused) {
      this.#fail(new ConsumerDisconnected("disconnected", "the broker does not answer pings"));
      return;
    }
    this.#hasHeard = false;
    if (!this.#socket.connecting) this.#socket.write(emptyPacket(PACKET.pingreq));
  }

  #fail(error: ConsumerDisconnected): void {
    const before = this.#state;
    this.#state = "closed";
    clearInterval(this.#keepAlive);
    this.#socket.destroy();
    if (before === "connecting") this.#onRefused(error);
    if (before === "granted") this.#options.onClose(error);
  }
}

function openSocket({ url, tls = {} }: ConsumerOptions, onConnected: () => void): Socket {
  const { protocol, hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, "");
  if (protocol === "mqtt:") return createConnection({ host, port: Number(port || 1883) }, onConnected);
  if (protocol === "mqtts:") {
    // A server name is a name: for an address TLS has none to send (RFC 6066, section 3).
    const named = isIP(host) === 0 ? { servername: host } : {};
    return connectTls({ ...tls, host, port: Number(port || 8883), ...named, minVersion: "TLSv1.2" }, onConnected);
  }
  throw new ConsumerDisconnected("refused", `not an mqtt: or mqtts: address: ${url}`);
}
