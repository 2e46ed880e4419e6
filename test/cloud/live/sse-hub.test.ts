import { createServer, type ServerResponse } from "node:http";
import { connect, type Socket } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { takesGzip } from "../../../cloud/http/compress.ts";
import { openSseHub, SSE_SETTINGS, type SseSettings } from "../../../cloud/live/sse-hub.ts";
import { openEvents } from "../../support/event-stream.ts";
import { until } from "../../support/until.ts";

async function open(change: Partial<SseSettings> = {}, mayStay?: () => boolean) {
  const hub = openSseHub({ ...SSE_SETTINGS, ...change });
  const refuse = (response: ServerResponse) => response.writeHead(503).end();
  const server = createServer((request, response) => {
    const last = request.headers["last-event-id"];
    const isPacked = takesGzip(request.headers);
    if (!hub.add(response, mayStay, typeof last === "string" ? last : undefined, isPacked)) refuse(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    await hub.close();
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return { hub, port, url: `http://127.0.0.1:${port}/` };
}

/** A client that asks and then never reads. */
async function connectDeaf(port: number, headers = ""): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  socket.pause();
  socket.on("error", () => {});
  onTestFinished(() => void socket.destroy());
  await new Promise<void>((resolve) => socket.once("connect", resolve));
  socket.write(`GET / HTTP/1.1\r\nHost: x\r\n${headers}\r\n`);
  return socket;
}

/** A client that takes gzip and counts what comes. */
async function connectRaw(port: number) {
  const socket = await connectDeaf(port, "accept-encoding: gzip\r\n");
  let bytes = 0;
  socket.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
  });
  socket.resume();
  const greeting = await until("the greeting", () => (bytes > 200 ? bytes : undefined));
  return { bytes: () => until("an event", () => (bytes > greeting + 50 ? bytes - greeting : undefined)) };
}

describe("openSseHub", () => {
  it("numbers its events and sends them to everyone", async () => {
    const { hub, url } = await open();
    const [one, two] = [await openEvents(url), await openEvents(url)];

    hub.send("station", { id: "st-1" });
    hub.send("site", { text: "two\nlines" });

    const told = [await one.next(), await one.next(), await two.next()];
    expect(told).toEqual([
      { event: "station", id: "0.1", data: { id: "st-1" } },
      { event: "site", id: "0.2", data: { text: "two\nlines" } },
      { event: "station", id: "0.1", data: { id: "st-1" } },
    ]);
    await Promise.all([one.close(), two.close()]);
    await until("the hub forgets clients that have gone", () => hub.clients() === 0);
  });

  it("packs an event once for all: whoever comes in the middle, comes back or takes no gzip is told the same", async () => {
    const { hub, url, port } = await open();
    const long = { text: "the same words again and again, ".repeat(200) };
    const [early, plain] = [await openEvents(url), await openEvents(url, { "accept-encoding": "identity" })];
    hub.send("stations", { ...long, n: 1 });
    const first = [await early.next(), await plain.next()];
    const [late, back] = [await openEvents(url), await openEvents(url, { "last-event-id": "0.0" })];
    const raw = await connectRaw(port);
    hub.send("stations", { ...long, n: 2 });

    const second = await Promise.all([early, plain, late].map((events) => events.next()));
    const told = [await back.next(), await back.next()];

    expect(early.headers.get("content-encoding")).toBe("gzip");
    expect(plain.headers.get("content-encoding")).toBeNull();
    expect(first).toEqual([told[0], told[0]]);
    expect(new Set(second.map(({ data }) => data.n))).toEqual(new Set([2]));
    expect(told.map(({ data }) => data.n)).toEqual([1, 2]);
    expect(second[0]?.data.text).toBe(long.text);
    expect(await raw.bytes()).toBeLessThan(1_000);
    await Promise.all([early, plain, late, back].map((events) => events.close()));
  });

  it("tells a client that comes back what it missed, as far as that is kept, and nothing of another start", async () => {
    const { hub, url } = await open({ keptBytes: 100 });
    for (const n of [1, 2, 3, 4]) hub.send("site", { n });
    const since = (id: string) => openEvents(url, { "last-event-id": id });

    const back = await since("0.2");
    const stranger = await since("other.2");
    const tooLate = await since("0.0");
    hub.send("site", { n: 5 });

    const seen = async (events: Awaited<ReturnType<typeof since>>) => (await events.next()).data.n;
    expect([await seen(back), await seen(back), await seen(back)]).toEqual([3, 4, 5]);
    expect([await seen(stranger), await seen(tooLate)]).toEqual([5, 5]);
    await Promise.all([back.close(), stranger.close(), tooLate.close()]);
  });

  it("cuts off a client that does not read, rather than keep everything for it, and the others go on", async () => {
    const { hub, port, url } = await open({ maxBufferedBytes: 64 * 1024 });
    await connectDeaf(port);
    const reader = await openEvents(url);
    await until("both are there", () => hub.clients() === 2);

    let sent = 0;
    await until("the deaf one is cut off", async () => {
      hub.send("station", { filler: "x".repeat(32 * 1024) });
      sent += 1;
      await reader.next();
      return hub.clients() === 1;
    });

    expect(sent).toBeLessThan(10_000);
    await reader.close();
  });

  it("ends a stream at a heartbeat once it may not stay", async () => {
    let isWelcome = true;
    const { url } = await open({ heartbeatMs: 20 }, () => isWelcome);
    const events = await openEvents(url);

    isWelcome = false;

    expect(await events.ended()).toBe(true);
  });

  it("takes no more clients than it has room for", async () => {
    const { url } = await open({ maxClients: 1 });
    const first = await openEvents(url);

    await expect(openEvents(url)).rejects.toThrow("503");

    await first.close();
  });
});
