import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { backoffMs } from "#kit/backoff.ts";
import type { Closer } from "#kit/closer.ts";
import { messageOf } from "#kit/errors.ts";
import { wait } from "#kit/wait.ts";
import type { ByteAddress } from "../../firmware-config/settings/byte-address.ts";

/** A line that is kept open. */
export interface ByteSource extends Closer {
  readonly isOpen: boolean;
  /** Why it is not open, or null. */
  readonly trouble: string | null;
  /** Sends bytes; what is sent while the line is closed is lost. */
  write(bytes: Uint8Array): void;
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

/** How a line is opened. */
export interface ByteSourceOptions {
  readonly address: ByteAddress;
  readonly listener: ByteListener;
  /** In [0, 1). */
  readonly random: () => number;
  /** Of a serial line; all of our instruments have 8 data bits, no parity and 1 stop bit. 9600 if not said. */
  readonly baudRate?: number;
  /** A TCP line on which nothing comes for so long is opened anew; 30 s if not said, Infinity: never. */
  readonly silentMs?: number;
  /** Whether silence is no fault at the moment: the instrument sleeps. */
  readonly maySleep?: () => boolean;
}

/**
 * Opens a line and opens it again, with back-off and jitter, whenever it is lost; a TCP line also when nothing has come
 * for `silentMs`.
 */
export function openByteSource(options: ByteSourceOptions): ByteSource {
  const { address, listener, random, baudRate = 9600, silentMs = SILENT_MS, maySleep = () => false } = options;
  const closing = new AbortController();
  let isOpen = false;
  let line: Duplex | undefined;
  let trouble: string | null = "not opened yet";

  async function keepOpen(): Promise<void> {
    for (let attempt = 0; !closing.signal.aborted; attempt += 1) {
      const reason = await once(() => {
        attempt = 0;
      });
      isOpen = false;
      line = undefined;
      if (closing.signal.aborted) return;
      trouble = reason;
      listener.onLost(reason);
      await wait(backoffMs(attempt, REOPEN, random()), closing.signal);
    }
  }

  /** One life of the line; gives why it ended. */
  async function once(onData: () => void): Promise<string> {
    try {
      const stream = await openStream(address, baudRate, closing.signal);
      isOpen = true;
      line = stream;
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
      const onSilence = () => (maySleep() ? silence?.refresh() : end(`nothing came for ${silentMs} ms`));
      const silence: NodeJS.Timeout | undefined =
        address.kind === "tcp" && Number.isFinite(silentMs) ? setTimeout(onSilence, silentMs) : undefined;
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
    write: (bytes) => {
      // What fails here fails the line too: its `error` or `close` tells of it.
      if (line?.writable) line.write(bytes, () => {});
    },
    close: async () => {
      closing.abort();
      await kept;
    },
  };
}

function openStream(address: ByteAddress, baudRate: number, signal: AbortSignal): Promise<Duplex> {
  if (address.kind === "serial") return openSerial(address.path, baudRate);
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
async function openSerial(path: string, baudRate: number): Promise<Duplex> {
  const { SerialPort } = await import("serialport");
  const port = new SerialPort({ path, baudRate, dataBits: 8, parity: "none", stopBits: 1, autoOpen: false });
  await new Promise<void>((resolve, reject) => {
    port.open((error) => (error === null || error === undefined ? resolve() : reject(error)));
  });
  return port;
}
