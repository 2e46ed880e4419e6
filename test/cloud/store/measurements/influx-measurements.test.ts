import { createServer, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import { describe, expect, it, onTestFinished } from "vitest";
import { openInfluxMeasurements } from "../../../../cloud/store/measurements/influx-measurements.ts";
import { aPoint, aQuery, NOON_MS } from "../../../suites/measurements.suite.ts";
import { freePort } from "../../../support/free-port.ts";

/** How the server answers one request; `hang` never does, `reset` breaks the connection. */
type Reply =
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: unknown }
  | "hang"
  | "reset";

/** Answers by the lines that came, and keeps them. */
async function startServer(answer: (lines: readonly string[], n: number) => Reply, timeoutMs = 10_000) {
  const requests: { readonly url: string; readonly authorization: string; readonly lines: readonly string[] }[] = [];
  const server = createServer(async (request, response) => {
    const lines = (await bodyOf(request)).split("\n").filter((line) => line !== "");
    requests.push({ url: request.url ?? "", authorization: request.headers.authorization ?? "", lines });
    const reply = answer(lines, requests.length);
    if (reply === "hang") return;
    if (reply === "reset") {
      request.socket.destroy();
      return;
    }
    const isJson = typeof reply.body === "object";
    response.writeHead(reply.status, { "content-type": isJson ? "application/json" : "text/html", ...reply.headers });
    response.end(isJson ? JSON.stringify(reply.body) : reply.body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const store = openInfluxMeasurements({
    url: `http://127.0.0.1:${port}`,
    token: "secret",
    org: "an org",
    bucket: "a bucket",
    timeoutMs,
  });
  return { store, requests };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  if (request.headers["content-encoding"] !== "gzip") return text(request);
  return gunzipSync(Buffer.concat(await Array.fromAsync(request))).toString();
}

const done: Reply = { status: 204 };
const invalid = (message: string, status = 400): Reply => ({ status, body: { code: "invalid", message } });
const points = (count: number) =>
  Array.from({ length: count }, (_, n) => aPoint({ at: NOON_MS + n, fields: { pm25: n } }));
const isBad = (line: string) => line.includes("pm25=3 ") || line.includes("pm25=6 ");

describe("openInfluxMeasurements", () => {
  it("sends one batch: three tags, floats, texts, milliseconds", async () => {
    const { store, requests } = await startServer(() => done);

    await store.write([aPoint({ fields: { pm25: 7, device: "air-0001", isWarm: true } })]);

    expect(requests).toEqual([
      {
        url: "/api/v2/write?org=an%20org&bucket=a%20bucket&precision=ms",
        authorization: "Token secret",
        lines: [`air,sensor=sds011,station=st-1,tenant=chel pm25=7,device="air-0001",isWarm=T ${NOON_MS}`],
      },
    ]);
  });

  it("sends thousands of points in one request, and nothing at all for an empty batch", async () => {
    const { store, requests } = await startServer(() => done);

    await store.write(points(5000));
    await store.write([]);

    expect(requests.map(({ lines }) => lines.length)).toEqual([5000]);
  });

  it.each([400, 422])("searches a %i for the bad points and stores the others", async (status) => {
    const { store, requests } = await startServer((lines) =>
      lines.some(isBad) ? invalid(`bad line among ${lines.length}`, status) : done,
    );
    const sent = points(8);

    const refused = await store.write(sent);

    expect(refused.map(({ point }) => point)).toEqual([sent[3], sent[6]]);
    expect(refused.map(({ reason }) => reason)).toEqual(["bad line among 1", "bad line among 1"]);
    const stored = requests.filter(({ lines }) => !lines.some(isBad)).flatMap(({ lines }) => lines);
    expect(new Set(stored).size).toBe(6);
  });

  it("halves what is too large, until it fits", async () => {
    const { store, requests } = await startServer((lines) =>
      lines.length > 2 ? { status: 413, body: "<html>too large</html>" } : done,
    );

    expect(await store.write(points(8))).toEqual([]);

    expect(requests.filter(({ lines }) => lines.length <= 2).flatMap(({ lines }) => lines)).toHaveLength(8);
  });

  it("refuses a single point that is too large by itself", async () => {
    const { store } = await startServer(() => ({ status: 413 }));

    expect(await store.write(points(1))).toMatchObject([{ reason: "too large for the store" }]);
  });

  it.each([401, 403, 404])("calls %i a mistake in the settings and sends nothing twice", async (status) => {
    const { store, requests } = await startServer(() => ({ status, body: { code: "x", message: "no entry" } }));

    await expect(store.write(points(4))).rejects.toMatchObject({
      code: "store-misconfigured",
      retry: true,
      message: `InfluxDB answered ${status}: no entry`,
    });
    expect(requests).toHaveLength(1);
  });

  it("calls a 400 that is not InfluxDB's own a mistake in the settings, and refuses no point for it", async () => {
    const { store, requests } = await startServer(() => ({ status: 400, body: "<html>a proxy is confused</html>" }));

    await expect(store.write(points(4))).rejects.toMatchObject({ code: "store-misconfigured" });
    expect(requests).toHaveLength(1);
  });

  it.each([
    [429, { "retry-after": "7" }, 7000],
    [503, { "retry-after": "0" }, 0],
    [503, {}, undefined],
    [500, {}, undefined],
    [502, { "retry-after": "Wed, 21 Oct 2026 07:28:00 GMT" }, undefined],
  ])("is unavailable on %i %o and passes on when to try again", async (status, headers, retryAfterMs) => {
    const { store, requests } = await startServer(() => ({ status, headers }));

    await expect(store.write(points(4))).rejects.toMatchObject({ code: "store-unavailable", retryAfterMs });
    expect(requests).toHaveLength(1);
  });

  it.each(["hang", "reset"] as const)("is unavailable when the server does %s", async (reply) => {
    const { store } = await startServer(() => reply, 300);

    await expect(store.write(points(1))).rejects.toMatchObject({ code: "store-unavailable" });
    await expect(store.samples(aQuery())).rejects.toMatchObject({ code: "store-unavailable" });
  });

  it("is unavailable when nobody listens, and says so when asked", async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const store = openInfluxMeasurements({ url, token: "t", org: "o", bucket: "b" });

    expect(await store.check()).toMatchObject({ ok: false, detail: expect.stringContaining("ECONNREFUSED") });
    await expect(store.write(points(1))).rejects.toMatchObject({ code: "store-unavailable" });
  });

  it("rejects as a whole when the store goes away in the midst of a search", async () => {
    const { store } = await startServer((lines, n) => {
      if (n > 2) return { status: 503 };
      return lines.some(isBad) ? invalid("bad line") : done;
    });

    await expect(store.write(points(8))).rejects.toMatchObject({ code: "store-unavailable" });
  });

  it("is well again after the write that follows a failure", async () => {
    let isDown = true;
    const { store } = await startServer((lines) => {
      if (isDown) return { status: 503 };
      return lines.some((line) => line.startsWith("air,")) ? done : { status: 200, body: "" };
    });
    await expect(store.write(points(1))).rejects.toMatchObject({ code: "store-unavailable" });
    const whileDown = await store.check();

    isDown = false;
    await store.write(points(1));

    expect(whileDown).toMatchObject({ ok: false, detail: expect.stringContaining("503") });
    expect(await store.check()).toMatchObject({ ok: true });
  });
});
