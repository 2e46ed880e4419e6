import { createConnection, type Socket } from "node:net";
import { generate } from "mqtt-packet";
import type { Closer } from "#kit/closer.ts";
import { wait } from "#kit/wait.ts";
import { type Frame, Framer } from "#mqtt/framer.ts";
import { PACKET } from "#mqtt/packet-types.ts";
import { connectPacket, type RawLogin } from "../support/raw-mqtt.ts";

/** A client that comes back whenever its connection is lost. */
export interface Link extends Closer {
  /** Writes to the connection; does nothing while there is none that was accepted. */
  write(bytes: Buffer): void;
}

/** What a link does with its connection. */
export interface LinkOptions {
  readonly port: number;
  readonly login: RawLogin;
  readonly clean: boolean;
  /** The broker has accepted a connection. */
  readonly onAccepted: () => void;
  /** A packet has come; CONNACKs stay here. */
  readonly onFrame: (frame: Frame) => void;
}

const RETRY_MS = 100;
const KEEPALIVE_S = 600;
const MAX_PACKET_BYTES = 1024 * 1024;

/** Connects, and again each tenth of a second, until it is closed. */
export function keepConnected(options: LinkOptions): Link {
  const { port, login, clean, onAccepted, onFrame } = options;
  const packet = connectPacket({ ...login, keepaliveS: KEEPALIVE_S });
  const connect = generate(packet.cmd === "connect" ? { ...packet, clean } : packet);
  const closing = new AbortController();
  let socket: Socket | undefined;
  let isAccepted = false;

  const once = () =>
    new Promise<void>((gone) => {
      const framer = new Framer(MAX_PACKET_BYTES);
      const here = createConnection({ host: "127.0.0.1", port }, () => here.write(connect));
      socket = here;
      here.setNoDelay(true);
      here.on("data", (chunk: Buffer) =>
        framer.push(chunk, (frame) => {
          if (frame.type !== PACKET.connack) onFrame(frame);
          else if (frame.bytes[frame.bodyAt + 1] === 0) {
            isAccepted = true;
            onAccepted();
          }
        }),
      );
      here.on("error", () => here.destroy());
      here.on("close", () => {
        isAccepted = false;
        gone();
      });
    });
  const going = (async () => {
    while (!closing.signal.aborted) {
      await once();
      await wait(RETRY_MS, closing.signal);
    }
  })();
  return {
    write: (bytes) => {
      if (isAccepted && socket?.writable === true) socket.write(bytes);
    },
    close: async () => {
      closing.abort();
      socket?.destroy();
      await going;
    },
  };
}
