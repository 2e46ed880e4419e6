import { readFile, writeFile } from "node:fs/promises";
import { connect as connectTcp } from "node:net";
import { join } from "node:path";
import mqtt from "mqtt";
import { describe, expect, it } from "vitest";
import { filters, topics } from "#contract/topics.ts";
import { aPublish, connectPacket, openRaw, openTls, signIn } from "../support/raw-mqtt.ts";
import { type Issued, makeAuthority, type TestAuthority } from "../support/test-authority.ts";
import { type RunningGateway, startGatewayHere } from "../support/test-gateway.ts";
import { until } from "../support/until.ts";

const TRUCK = { tenant: "demo", device: "truck-1" };
const POST = { tenant: "demo", device: "post-1" };
/** What a gateway says that was told of no revocation list. */
const NO_LIST = "revocations: neither CRL_FILE nor CRL_URL is set, so no certificate can be taken back";
const READING = topics.data(TRUCK, "reading");

interface Place {
  readonly authority: TestAuthority;
  readonly gateway: RunningGateway;
  /** Opens a TLS connection with a certificate, or without one. */
  open(issued?: Issued): ReturnType<typeof openTls>;
  /** Opens one that the gateway closes without a word of MQTT. */
  isShut(issued?: Issued): Promise<boolean>;
}

async function startPlace(settings: Readonly<Record<string, string>> = {}): Promise<Place> {
  const authority = await makeAuthority();
  const gateway = await startGatewayHere({
    clients: ["demo:truck-1"],
    settings: { ...authority.server, TLS_CA: authority.caFile, ...settings },
  });
  const ca = await readFile(authority.caFile, "utf8");
  const open = (issued?: Issued) =>
    openTls(gateway.port, { ca, ...(issued === undefined ? {} : { cert: issued.cert, key: issued.key }) });
  return {
    authority,
    gateway,
    open,
    isShut: async (issued) => {
      const client = await open(issued).catch(() => undefined);
      client?.send(connectPacket({ clientId: "demo:truck-1", token: gateway.tokenOf("demo:truck-1") }));
      await client?.closed();
      return (client?.received.length ?? 0) === 0;
    },
  };
}

describe("a gateway with a certificate", () => {
  it("speaks TLS only", async () => {
    const authority = await makeAuthority();
    const gateway = await startGatewayHere({ clients: ["demo:truck-1"], settings: authority.server });
    const clientId = "demo:truck-1";
    const login = { clientId, username: clientId, password: gateway.tokenOf(clientId), reconnectPeriod: 0 };

    const ca = await readFile(authority.caFile);
    const client = await mqtt.connectAsync(`mqtts://127.0.0.1:${gateway.port}`, { ...login, ca });
    await client.publishAsync(READING, "x", { qos: 1 });
    await client.endAsync();

    expect((await gateway.health()).acknowledged).toBe(1);
    const plain = await openRaw(gateway.port);
    plain.send(connectPacket({ clientId, token: gateway.tokenOf(clientId) }));
    await plain.closed();
    expect(plain.received).toEqual([]);
    expect((await gateway.health()).refused).toEqual({ handshake: 1 });
  });

  it("speaks TLS 1.2 and newer, and nothing older", async () => {
    const { authority, gateway } = await startPlace();
    const { cert, key } = await authority.issue(TRUCK);
    const ca = await readFile(authority.caFile, "utf8");
    const at = (version: "TLSv1.1" | "TLSv1.2" | "TLSv1.3") =>
      // Level 0: OpenSSL itself would not speak 1.1 any more.
      openTls(gateway.port, { ca, cert, key, minVersion: version, maxVersion: version, ciphers: "DEFAULT@SECLEVEL=0" });

    expect((await at("TLSv1.2")).socket.getProtocol()).toBe("TLSv1.2");
    expect((await at("TLSv1.3")).socket.getProtocol()).toBe("TLSv1.3");
    await expect(at("TLSv1.1")).rejects.toThrow();
  });

  it("shows its renewed certificate once its files have changed, and keeps the connections that it has", async () => {
    const { authority, gateway, open } = await startPlace();
    const issued = await authority.issue(TRUCK);
    const client = await signIn(await open(issued), { clientId: "demo:truck-1" });

    const serial = await authority.renewServer();

    await until("the new one is shown", async () => {
      const next = await open(issued);
      const shown = next.socket.getPeerX509Certificate()?.serialNumber.toLowerCase();
      next.socket.destroy();
      return shown === serial;
    });
    client.send(aPublish(READING, 1));
    await client.receive("puback");
    expect((await gateway.health()).troubles).toEqual([NO_LIST]);
  });

  it("goes on with the certificate that it has when the new one does not fit its key, and says so", async () => {
    const { authority, gateway, open } = await startPlace();
    const issued = await authority.issue(TRUCK);

    await writeFile(authority.server.TLS_KEY, issued.key);

    await until("it is said", async () => (await gateway.health()).troubles.length === 2);
    expect((await gateway.health()).troubles).toEqual([NO_LIST, expect.stringMatching(/^tls-certificate: /)]);
    await signIn(await open(issued), { clientId: "demo:truck-1" });
  });

  it("waits for nobody who does not finish the handshake when it closes", async () => {
    const { gateway } = await startPlace();
    const silent = connectTcp(gateway.port, "127.0.0.1");
    await new Promise((resolve) => silent.once("connect", resolve));
    const atMs = performance.now();

    await gateway.close();

    expect(performance.now() - atMs).toBeLessThan(8_000); // the handshake has ten seconds
    silent.destroy();
  });
});

describe("a client's certificate", () => {
  it("says who it is: no user name and no password, and only what is its own", async () => {
    const { authority, gateway, open } = await startPlace();
    const issued = await authority.issue(TRUCK);

    const client = await signIn(await open(issued), { clientId: "demo:truck-1" });
    client.send(aPublish(READING, 1));
    await client.receive("puback");
    client.send({
      cmd: "subscribe",
      messageId: 2,
      subscriptions: [topics.stored(TRUCK), topics.stored(POST), "#", "$SYS/#"].map((topic) => ({ topic, qos: 1 })),
    });
    expect(await client.receive("suback")).toMatchObject([{ granted: [1, 128, 128, 128] }]);
    client.send(aPublish(topics.data(POST, "reading"), 3));

    await client.closed();
    expect((await gateway.health()).refused).toEqual({ subscription: 3, topic: 1 });
  });

  it("lets nobody take another client id, whatever token comes with it", async () => {
    const { authority, gateway, open } = await startPlace({ ALLOW_TOKENS: "true" });
    const impostor = await open(await authority.issue(POST));

    impostor.send(connectPacket({ clientId: "demo:truck-1", token: gateway.tokenOf("demo:truck-1") }));

    await impostor.closed();
    expect(impostor.received).toMatchObject([{ cmd: "connack", returnCode: 2 }]);
    expect((await gateway.health()).refused).toEqual({ "client-id": 1 });
  });

  it("gives a gateway its tenants, and several connections", async () => {
    const { authority, open } = await startPlace();
    const issued = await authority.issue({ tenant: "dv", device: "village", role: "gateway", tenants: ["demo"] });
    const up = await signIn(await open(issued), { clientId: "dv:village:up" });
    const down = await signIn(await open(issued), { clientId: "dv:village:down" });

    down.send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: filters.stored("demo"), qos: 1 }] });
    expect(await down.receive("suback")).toMatchObject([{ granted: [1] }]);
    up.send(aPublish(READING, 1));
    await up.receive("puback");
    up.send(aPublish(topics.data({ tenant: "other", device: "truck-1" }, "reading"), 2));

    await up.closed();
  });

  it("is needed: a token alone does not do, unless the settings take both", async () => {
    const strict = await startPlace();
    const mixed = await startPlace({ ALLOW_TOKENS: "true" });
    const token = mixed.gateway.tokenOf("demo:truck-1");

    expect(await strict.isShut()).toBe(true);
    await signIn(await mixed.open(), { clientId: "demo:truck-1", token });
    await signIn(await mixed.open(await mixed.authority.issue(POST)), { clientId: "demo:post-1" });

    expect((await strict.gateway.health()).refused).toEqual({ certificate: 1 });
    expect((await mixed.gateway.health()).refused).toEqual({});
  });

  it.each<[string, (authority: TestAuthority) => Promise<Issued>]>([
    ["of another authority of the same name", async () => (await makeAuthority()).issue(TRUCK)],
    ["that has run out", (own) => own.issue(TRUCK, { notAfter: new Date(Date.now() - 5_000) })],
    ["that is not valid yet", (own) => own.issue(TRUCK, { notBefore: new Date(Date.now() + 3_600_000) })],
    ["for servers", (own) => own.issue(TRUCK, { usages: ["1.3.6.1.5.5.7.3.1"] })],
    ["of an authority below it", (own) => own.issue(TRUCK, { isAuthority: true })],
    ["without a name of ours", (own) => own.issue(TRUCK, { uris: ["urn:other:demo:truck-1"] })],
    ["with two names", (own) => own.issue(TRUCK, { uris: twoNames })],
  ])("opens nothing when it is one %s", async (_, issueWrong) => {
    const { authority, gateway, isShut } = await startPlace({ ALLOW_TOKENS: "true" });

    expect(await isShut(await issueWrong(authority))).toBe(true);

    expect((await gateway.health()).refused).toEqual({ certificate: 1 });
  });

  it("ends its connection when it runs out", async () => {
    const { authority, gateway, open } = await startPlace();
    const endMs = Date.now() + 4_000;
    const short = await authority.issue(TRUCK, { notAfter: new Date(endMs) });
    const client = await signIn(await open(short), { clientId: "demo:truck-1" });
    const other = await signIn(await open(await authority.issue(POST)), { clientId: "demo:post-1" });

    await client.closed();

    expect(Date.now()).toBeGreaterThan(endMs - 1_000);
    expect((await gateway.health()).refused).toEqual({ expired: 1 });
    other.send({ cmd: "pingreq" });
    await other.receive("pingresp");
  });

  it("is shown anew on each connection: no session is resumed", async () => {
    const { authority, gateway } = await startPlace();
    const { cert, key } = await authority.issue(TRUCK);
    const ca = await readFile(authority.caFile, "utf8");
    for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
      const options = { ca, cert, key, minVersion: version, maxVersion: version };
      const first = await openTls(gateway.port, options);
      let session = first.socket.getSession();
      first.socket.on("session", (ticket) => {
        session = ticket;
      });
      await signIn(first, { clientId: "demo:truck-1" });
      first.socket.destroy();
      expect(session?.length).toBeGreaterThan(0);

      const second = await openTls(gateway.port, { ...options, ...(session === undefined ? {} : { session }) });
      await signIn(second, { clientId: "demo:truck-1" });

      expect(second.socket.isSessionReused()).toBe(false);
      second.socket.destroy();
    }
  });
});

describe("a TLS connection", () => {
  it("stays what it was at its handshake: it is not negotiated anew", async () => {
    const { authority, gateway } = await startPlace();
    const { cert, key } = await authority.issue(TRUCK);
    const ca = await readFile(authority.caFile, "utf8");
    const client = await openTls(gateway.port, { ca, cert, key, maxVersion: "TLSv1.2" });
    await signIn(client, { clientId: "demo:truck-1" });

    const outcome = await Promise.race([
      new Promise((resolve) => client.socket.renegotiate({}, (error) => resolve(error ?? "negotiated anew"))),
      client.closed().then(() => "closed"),
    ]);

    expect(outcome).not.toBe("negotiated anew");
  });
});

const twoNames = ["urn:dvornik:client:demo:truck-1", "urn:dvornik:client:demo:post-1", "urn:dvornik:role:device"];

describe("the settings of certificates", () => {
  it("stop the start with their name when the authority's file cannot be used", async () => {
    const authority = await makeAuthority();
    const two = join(authority.folder, "two.pem");
    const pem = await readFile(authority.caFile, "utf8");
    await writeFile(two, `${pem}\n${pem}`);

    for (const TLS_CA of [
      authority.server.TLS_KEY,
      authority.server.TLS_CERT,
      two,
      join(authority.folder, "none.pem"),
    ]) {
      await expect(startGatewayHere({ clients: [], settings: { ...authority.server, TLS_CA } })).rejects.toThrow(
        /TLS_CA/,
      );
    }
  });

  it("stop the start when the authority stands below another one, which would let nobody in", async () => {
    const authority = await makeAuthority({ isBelowAnother: true });
    const settings = { ...authority.server, TLS_CA: authority.caFile };

    await expect(startGatewayHere({ clients: [], settings })).rejects.toThrow(/TLS_CA.*not issued by itself/);
  });
});
