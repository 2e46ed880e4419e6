import { once } from "node:events";
import { createConnection, type Socket } from "node:net";
import { type FromListen, ListenJob, ToListen } from "./listen-job.ts";

/** A server takes so many new connections at a time without losing one. */
const AT_ONCE = 100;
/** Each event is one chunk of the answer (RFC 9112, 7.1): it ends with its empty line and the chunk's end. */
const END = Buffer.from("\n\n\r\n");
const UNTIL = Buffer.from('"until":');
const MILLISECONDS_DIGITS = 13;

// Open pages as a process of its own: it does as little as it can with what it hears.
const [first] = await once(process, "message");
const { port, clients } = ListenJob.parse(first);
const heard = new Map<number, number[]>();
let [bytes, open] = [0, 0];
const nowMs = () => performance.timeOrigin + performance.now();

function openStream(): Promise<Socket> {
  const socket = createConnection({ host: "127.0.0.1", port });
  /** Events that have begun and are not whole yet, by the moment at which the server wrote them. */
  let begun: number[] = [];
  socket.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    for (let at = chunk.indexOf(UNTIL); at >= 0; at = chunk.indexOf(UNTIL, at + UNTIL.length)) {
      const from = at + UNTIL.length;
      begun.push(Number(chunk.toString("latin1", from, from + MILLISECONDS_DIGITS)));
    }
    if (begun.length === 0 || !chunk.subarray(-END.length).equals(END)) return;
    const atMs = nowMs();
    for (const until of begun) {
      const delays = heard.get(until) ?? [];
      delays.push(atMs - until);
      heard.set(until, delays);
    }
    begun = [];
  });
  socket.on("close", () => {
    open -= 1;
  });
  socket.on("error", () => socket.destroy());
  socket.write("GET /api/v1/live HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n");
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
