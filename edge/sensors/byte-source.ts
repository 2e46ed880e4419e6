import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { z } from "zod";
import { backoffMs } from "#kit/backoff.ts";
import type { Closer } from "#kit/closer.ts";
import { messageOf } from "#kit/errors.ts";
import { wait } from "#kit/wait.ts";

/** Where bytes come from: `serial:/dev/ttyUSB0`, `tcp://127.0.0.1:9000` or `unix:/run/sensor`. */
export const ByteAddress = z.string().transform((text, context) => {
  const address = parseByteAddress(text);
  if (address !== undefined) return address;
  context.addIssue({ code: "custom", message: "must be serial:/dev/ttyUSB0, tcp://HOST:PORT or unix:/path" });
  return z.NEVER;
});
export type ByteAddress = z.infer<typeof ByteAddress>;

type Address =
  | { readonly kind: "serial" | "unix"; readonly path: string }
  | { readonly kind: "tcp"; readonly host: string; readonly port: number };

function parseByteAddress(text: string): Address | undefined {
  const path = /^(serial|unix):(\/.+)$/.exec(text);
  if (path?.[2] !== undefined) return { kind: path[1] === "serial" ? "serial" : "unix", path: path[2] };
  const socket = /^tcp:\/\/([\w.-]+|\[[0-9a-fA-F:]+\]):(\d{1,5})$/.exec(text);
  const port = Number(socket?.[2]);
  if (socket?.[1] === undefined || port < 1 || port > 65_535) return undefined;
  return { kind: "tcp", host: socket[1].replace(/^\[|\]$/g, ""), port };
}

/** A line that is kept open. */
export interface ByteSource extends Closer {
  readonly isOpen: boolean;
  /** Why it is not open, or null. */
  readonly trouble: string | null;
}

/** What the owner of a line hears of it. */
export interface ByteListener {
  onOpen(): void;
  onBytes(bytes: Uint8Array): void;
  /** The line could not be opened or was lost; it is tried again by itself. */
  onLost(reason: string): void;
}

/** A peer that vanishes without a word (power, radio) leaves a TCP line open for ever; a sensor speaks each second. */
const SILENT_MS = 30_000;
const REOPEN = { baseMs: 250, maxMs: 30_000 };
// An SDS011 speaks 9600 baud, 8 data bits, no parity, 1 stop bit (protocol V1.3).
const BAUD_RATE = 9600;

/**
 * Opens a line and opens it again, with back-off and jitter, whenever it is lost; a TCP line also when nothing has come
 * for `silentMs`. `random` is in [0, 1).
 */
export function openByteSource(
  address: ByteAddress,
  listener: ByteListener,
  random: () => number,
  silentMs = SILENT_MS,
): ByteSource {
  const closing = new AbortController();
  let isOpen = false;
  let trouble: string | null = "not opened yet";

  async function keepOpen(): Promise<void> {
    for (let attempt = 0; !closing.signal.aborted; attempt += 1) {
      const reason = await once(() => {
        attempt = 0;
      });
      isOpen = false;
      if (closing.signal.aborted) return;
      trouble = reason;
      listener.onLost(reason);
      await wait(backoffMs(attempt, REOPEN, random()), closing.signal);
    }
  }

  /** One life of the line; gives why it ended. */
  async function once(onData: () => void): Promise<string> {
    try {
      const stream = await openStream(address, closing.signal);
      isOpen = true;
      trouble = null;
      listener.onOpen();
      return await untilLost(stream, (bytes) => {
        onData();
        listener.onBytes(bytes);
      });
    } catch (error) {
      return messageOf(error);
    }
  }

  function untilLost(stream: Duplex, onBytes: (bytes: Uint8Array) => void): Promise<string> {
    return new Promise((resolve) => {
      const stop = () => stream.destroy();
      const end = (reason: string) => {
        closing.signal.removeEventListener("abort", stop);
        clearTimeout(silence);
        stream.destroy();
        resolve(reason);
      };
      const silence =
        address.kind === "tcp" ? setTimeout(() => end(`nothing came for ${silentMs} ms`), silentMs) : undefined;
      closing.signal.addEventListener("abort", stop, { once: true });
      stream.on("data", (bytes) => {
        silence?.refresh();
        onBytes(bytes);
      });
      stream.once("error", (error) => end(messageOf(error)));
      stream.once("end", () => end("the other end closed"));
      stream.once("close", () => end("the line was closed"));
      if (closing.signal.aborted) stop();
    });
  }

  const kept = keepOpen();
  return {
    get isOpen() {
      return isOpen;
    },
    get trouble() {
      return trouble;
    },
    close: async () => {
      closing.abort();
      await kept;
    },
  };
}

function openStream(address: ByteAddress, signal: AbortSignal): Promise<Duplex> {
  if (address.kind === "serial") return openSerial(address.path);
  const socket = address.kind === "tcp" ? connect({ host: address.host, port: address.port }) : connect(address.path);
  return new Promise((resolve, reject) => {
    const abort = () => socket.destroy(new Error("closing"));
    const settle = (then: () => void) => {
      signal.removeEventListener("abort", abort);
      socket.removeAllListeners();
      then();
    };
    signal.addEventListener("abort", abort, { once: true });
    socket.once("error", (error) => settle(() => reject(error)));
    socket.once("connect", () => settle(() => resolve(socket)));
  });
}

/** The serial library is loaded only where a serial line is used: it brings a native part. */
async function openSerial(path: string): Promise<Duplex> {
  const { SerialPort } = await import("serialport");
  const port = new SerialPort({ path, baudRate: BAUD_RATE, dataBits: 8, parity: "none", stopBits: 1, autoOpen: false });
  await new Promise<void>((resolve, reject) => {
    port.open((error) => (error === null || error === undefined ? resolve() : reject(error)));
  });
  return port;
}
