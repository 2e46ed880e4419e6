import { once } from "node:events";
import { createConnection, type Socket } from "node:net";
import { constants, inflateRawSync } from "node:zlib";
import { type ChunkBegin, readChunks } from "./chunk-reader.ts";
import { type FromListen, ListenJob, ToListen } from "./listen-job.ts";

/** A server takes so many new connections at a time without losing one. */
const AT_ONCE = 100;
/** The beginning of an event, inflated, says when the server wrote it. */
const UNTIL = /"until":(\d+)/;
/** Shorter chunks are greetings and signs of life. */
const SHORTEST_EVENT = 200;
/** So many packed bytes tell events apart. */
const KEY_BYTES = 60;

// Open pages as a process of its own: it does as little as it can with what it hears.
const [first] = await once(process, "message");
const { port, clients } = ListenJob.parse(first);
const heard = new Map<number, number[]>();
let [bytes, open] = [0, 0];
const nowMs = () => performance.timeOrigin + performance.now();

/** By an event's first bytes: everyone gets the same. One client inflates it for all. */
const known = new Map<string, number | undefined>();

function untilOf({ bytes: chunk, at, length }: ChunkBegin): number | undefined {
  if (length < SHORTEST_EVENT) return undefined;
  const key = chunk.toString("latin1", at, at + KEY_BYTES);
  if (known.has(key)) return known.get(key);
  const text = inflateRawSync(chunk.subarray(at, at + length), { finishFlush: constants.Z_SYNC_FLUSH }).toString();
  const found = UNTIL.exec(text.slice(0, 500));
  const until = found === null ? undefined : Number(found[1]);
  known.set(key, until);
  return until;
}

function note(until: number | undefined): void {
  if (until === undefined) return;
  const delays = heard.get(until) ?? [];
  delays.push(nowMs() - until);
  heard.set(until, delays);
}

function openStream(): Promise<Socket> {
  const socket = createConnection({ host: "127.0.0.1", port });
  const read = readChunks(untilOf, note);
  socket.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    read(chunk);
  });
  socket.on("close", () => {
    open -= 1;
  });
  socket.on("error", () => socket.destroy());
  socket.write(
    "GET /api/v1/live HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\nAccept-Encoding: gzip\r\n\r\n",
  );
  return new Promise((resolve, reject) => {
    socket.once("data", () => {
      open += 1;
      resolve(socket);
    });
    socket.once("close", () => reject(new Error("the server closed a stream before it answered")));
  });
}

const report = (): FromListen => {
  const { user, system } = process.cpuUsage();
  return {
    open,
    heard: [...heard].map(([until, delays]) => ({ until, delays })),
    bytes,
    cpuSeconds: (user + system) / 1e6,
  };
};

const sockets: Socket[] = [];
while (sockets.length < clients) {
  const some = Array.from({ length: Math.min(AT_ONCE, clients - sockets.length) }, openStream);
  sockets.push(...(await Promise.all(some)));
}
process.on("message", (message: unknown) => {
  const { type } = ToListen.parse(message);
  if (type === "forget") {
    heard.clear();
    bytes = 0;
  }
  process.send?.(report());
});
process.on("disconnect", () => {
  for (const socket of sockets) socket.destroy();
  process.exit(0);
});
process.send?.(report());
