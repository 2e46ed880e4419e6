import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { topics } from "#contract/topics.ts";
import { aPublish, connectPacket, openTls, type RawClient, signIn } from "../../support/raw-mqtt.ts";
import { type Issued, makeAuthority, type TestAuthority } from "../../support/test-authority.ts";
import { startGatewayHere } from "../../support/test-gateway.ts";
import { until } from "../../support/until.ts";

const TRUCK = { tenant: "demo", device: "truck-1" };
const POST = { tenant: "demo", device: "post-1" };
/** What is promised: a live connection is closed so soon after the list has changed. */
const CLOSED_WITHIN_MS = 5_000;

async function startWith(authority: TestAuthority, settings: Readonly<Record<string, string>>, folder?: string) {
  const gateway = await startGatewayHere({
    clients: [],
    settings: { ...authority.server, TLS_CA: authority.caFile, LOG_LEVEL: "silent", ...settings },
    ...(folder === undefined ? {} : { folder }),
  });
  const ca = await readFile(authority.caFile, "utf8");
  const open = ({ cert, key }: Issued) => openTls(gateway.port, { ca, cert, key });
  return {
    gateway,
    connect: async (issued: Issued, device: string) => signIn(await open(issued), { clientId: `demo:${device}` }),
    answerTo: async (issued: Issued, device: string) => {
      const client = await open(issued);
      client.send(connectPacket({ clientId: `demo:${device}` }));
      const [connack] = await client.receive("connack");
      client.socket.destroy();
      return connack?.cmd === "connack" ? connack.returnCode : undefined;
    },
  };
}

const isServed = async (client: RawClient, messageId: number) => {
  client.send(aPublish(topics.data(POST, "reading"), messageId));
  await client.receive("puback", messageId);
};

/** The authority's address: gives out its list with an ETag, as long as it is up. */
async function serveList(list: string) {
  const state = { list, isUp: true, unchanged: 0, isSilent: false, unanswered: 0 };
  const server = createServer((request, response) => {
    const etag = `"${Buffer.from(state.list).toString("base64url").slice(-40)}"`;
    if (!state.isUp) return response.writeHead(503).end();
    if (state.isSilent) {
      state.unanswered += 1;
      return response;
    }
    if (request.headers["if-none-match"] === etag) {
      state.unchanged += 1;
      return response.writeHead(304).end();
    }
    return response.writeHead(200, { etag, "content-type": "application/x-pem-file" }).end(state.list);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new TypeError("no TCP address");
  return { state, url: `http://127.0.0.1:${address.port}/fleet/crl.pem` };
}

describe("a revoked certificate", () => {
  it("is refused, and its live connection closed within 5 s of the file changing; others stay", async () => {
    const authority = await makeAuthority();
    const file = join(authority.folder, "crl.pem");
    await writeFile(file, await authority.list(1, []));
    const { gateway, connect, answerTo } = await startWith(authority, { CRL_FILE: file });
    const [truck, post] = [await authority.issue(TRUCK), await authority.issue(POST)];
    const lost = await connect(truck, "truck-1");
    const other = await connect(post, "post-1");
    await expect(gateway.health()).resolves.toMatchObject({ troubles: [] });

    const next = await authority.list(2, [truck.serial]);
    await writeFile(file, next);
    const atMs = performance.now();
    await lost.closed();

    expect(performance.now() - atMs).toBeLessThan(CLOSED_WITHIN_MS);
    expect(await answerTo(truck, "truck-1")).toBe(5);
    await isServed(other, 1);
    expect((await gateway.health()).refused).toEqual({ revoked: 2 });
  });

  it("is known within 5 s of the authority's new list, and after a restart without the authority", async () => {
    const authority = await makeAuthority();
    const truck = await authority.issue(TRUCK);
    const { state, url } = await serveList(await authority.list(1, []));
    const first = await startWith(authority, { CRL_URL: url });
    const lost = await until("the first list has come", () => first.connect(truck, "truck-1"));
    await until("it is asked with the tag of the last one", () => state.unchanged > 0);

    state.list = await authority.list(2, [truck.serial]);
    const atMs = performance.now();
    await lost.closed();
    expect(performance.now() - atMs).toBeLessThan(CLOSED_WITHIN_MS);

    state.isUp = false;
    await first.gateway.close();
    const second = await startWith(authority, { CRL_URL: url }, first.gateway.folder);
    expect(await second.answerTo(truck, "truck-1")).toBe(5);
    expect(await second.answerTo(await authority.issue(POST), "post-1")).toBe(0);
    const trouble = await until("the trouble is said", async () => (await second.gateway.health()).troubles[0]);
    expect(trouble).toMatch(/crl\.pem: answered 503$/);
  });

  it("is known in time though the request before the new list is never answered", async () => {
    const authority = await makeAuthority();
    const truck = await authority.issue(TRUCK);
    const { state, url } = await serveList(await authority.list(1, []));
    const { connect } = await startWith(authority, { CRL_URL: url });
    const lost = await until("the first list has come", () => connect(truck, "truck-1"));

    state.isSilent = true;
    await until("a request waits", () => state.unanswered > 0);
    state.isSilent = false;
    state.list = await authority.list(2, [truck.serial]);
    const atMs = performance.now();
    await lost.closed();

    expect(performance.now() - atMs).toBeLessThan(CLOSED_WITHIN_MS);
  });

  it("stays one when an older list, a foreign one or rubbish comes, and the gateway says so", async () => {
    const authority = await makeAuthority();
    const file = join(authority.folder, "crl.pem");
    const truck = await authority.issue(TRUCK);
    await writeFile(file, await authority.list(7, [truck.serial]));
    const { gateway, answerTo } = await startWith(authority, { CRL_FILE: file });
    const foreign = await (await makeAuthority()).list(9, []);

    for (const [list, trouble] of [
      [await authority.list(6, []), /the list 6 is older/],
      [foreign, /not signed by the authority/],
      ["{}", /no revocation list in PEM/],
    ] as const) {
      await writeFile(file, list);
      await until(`${trouble} is said`, async () =>
        (await gateway.health()).troubles.some((line) => trouble.test(line)),
      );
      expect(await answerTo(truck, "truck-1")).toBe(5);
    }

    await writeFile(file, await authority.list(8, []));
    await until("all is well", async () => (await gateway.health()).troubles.length === 0);
    expect(await answerTo(truck, "truck-1")).toBe(0);
  });
});

describe("a gateway that has never had a list", () => {
  it("takes no certificate until one comes: it cannot know who was taken back", async () => {
    const authority = await makeAuthority();
    const file = join(authority.folder, "crl.pem");
    const { gateway, answerTo } = await startWith(authority, { CRL_FILE: file });
    const truck = await authority.issue(TRUCK);
    expect(await answerTo(truck, "truck-1")).toBe(3);
    expect((await gateway.health()).refused).toEqual({ "no-revocation-list": 1 });

    await writeFile(file, await authority.list(1, []));

    await until("it takes certificates", async () => (await answerTo(truck, "truck-1")) === 0);
  });

  it("says that a list which should have been replaced still holds", async () => {
    const authority = await makeAuthority();
    const file = join(authority.folder, "crl.pem");
    await writeFile(file, await authority.list(1, [], { nextUpdate: new Date(Date.now() - 60_000) }));
    const { gateway, answerTo } = await startWith(authority, { CRL_FILE: file });

    expect(await answerTo(await authority.issue(TRUCK), "truck-1")).toBe(0);

    expect((await gateway.health()).troubles[0]).toMatch(/should have been replaced by/);
  });
});
