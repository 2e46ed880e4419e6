import { describe, expect, it, onTestFinished } from "vitest";
import { filters, topics } from "#contract/topics.ts";
import { startAedesBroker } from "../../edge/support/aedes-broker.ts";
import { freePort } from "../../support/free-port.ts";
import { startTcpProxy } from "../../support/tcp-proxy.ts";
import { startGatewayHere } from "../../support/test-gateway.ts";
import { until } from "../../support/until.ts";
import { connectTo, consumeAll, letVillageIn, listen, parentOptions, untilUp, villageSettings } from "./support.ts";

const POST = { tenant: "chel", device: "post-1" };
const OTHER = { tenant: "kopeysk", device: "post-2" };
const DEVICES = ["chel:post-1", "kopeysk:post-2"];

async function setUp(granted: readonly string[], tenants: string, more = {}) {
  const { token, ...options } = await parentOptions(granted);
  const parent = await startGatewayHere(options);
  const wire = await startTcpProxy(parent.port);
  onTestFinished(() => wire.close());
  const child = await startGatewayHere({
    clients: DEVICES,
    settings: villageSettings(wire.port, token, tenants, more),
  });
  return { parent, wire, child };
}

describe("a gateway with a parent", () => {
  it("brings topics and bytes to the parent's consumers unchanged", async () => {
    const { parent, child } = await setUp(["chel"], "chel");
    const device = await connectTo(child, "chel:post-1");
    const bytes = Buffer.from([0, 255, 1, 254, 10, 13]);
    for (const stream of ["chunk", "reading", "visit", "alert"] as const) {
      for (const n of [1, 2]) {
        await device.publishAsync(topics.data(POST, stream), Buffer.concat([bytes, Buffer.from([n])]), { qos: 1 });
      }
    }
    const got = consumeAll(parent);
    await until("the consumers have all", () => got.length >= 8);

    const came = got.map(({ topic, payload }) => `${topic} ${payload.toString("hex")}`);
    const sent = (["chunk", "reading", "visit", "alert"] as const).flatMap((stream) =>
      [1, 2].map((n) => `${topics.data(POST, stream)} 00ff01fe0a0d0${n}`),
    );
    expect(new Set(came)).toEqual(new Set(sent));
    expect((await child.health()).groups).toEqual([]);
    await until("nothing waits", async () =>
      Object.values((await child.health()).journal.pending).every((n) => n === 0),
    );
  });

  it("brings up what waited by worth, and by number within a class, to any broker", async () => {
    const port = await freePort();
    const settings = villageSettings(port, "a-token", "chel");
    const child = await startGatewayHere({ clients: DEVICES, settings });
    const device = await connectTo(child, "chel:post-1");
    for (const stream of ["chunk", "reading", "visit", "alert"] as const) {
      for (const n of [1, 2]) await device.publishAsync(topics.data(POST, stream), `${stream} ${n}`, { qos: 1 });
    }

    const foreign = await startAedesBroker(port);
    const durable = () => foreign.received.filter(({ topic }) => topic.includes("/d/"));
    await until("all has come", () => durable().length >= 8);

    const order = ["alert 1", "alert 2", "visit 1", "visit 2", "reading 1", "reading 2", "chunk 1", "chunk 2"];
    expect(durable().map(({ payload }) => String(payload))).toEqual(order);
  });

  it("refuses at its door what it may not bring to the parent, and says so", async () => {
    const { child } = await setUp(["chel"], "chel");
    const device = await connectTo(child, "kopeysk:post-2");

    device.publish(topics.data(OTHER, "reading"), "x", { qos: 1 });

    await until("it is counted", async () => ((await child.health()).refused["foreign-tenant"] ?? 0) > 0);
    expect((await child.health()).acknowledged).toBe(0);
  });

  it("puts aside what the parent refuses it for, and brings up the rest", async () => {
    const { parent, child } = await setUp(["chel"], "chel,kopeysk");
    const [mine, other] = [await connectTo(child, "chel:post-1"), await connectTo(child, "kopeysk:post-2")];
    const got = consumeAll(parent);

    await other.publishAsync(topics.data(OTHER, "reading"), "of the other", { qos: 1 });
    for (const n of [1, 2, 3]) await mine.publishAsync(topics.data(POST, "reading"), `mine ${n}`, { qos: 1 });
    await until("the own are up", () => got.length >= 3, 60_000);

    const uplink = await until("the other's is aside", async () => {
      const status = (await child.health()).uplink;
      return status?.aside === 1 && status.lag.reading === 0 && status;
    });
    expect(uplink.refusedTenants).toEqual(["kopeysk"]);
    expect(got.some(({ topic }) => topic.includes("kopeysk"))).toBe(false);
  }, 90_000);

  it("puts aside the one record that the parent closes every connection for, and brings up the rest", async () => {
    const { token, ...options } = await parentOptions(["chel"]);
    const parent = await startGatewayHere({ ...options, settings: { MAX_PACKET_BYTES: "1024" } });
    const settings = villageSettings(parent.port, token, "chel");
    const child = await startGatewayHere({ clients: DEVICES, settings });
    const device = await connectTo(child, "chel:post-1");
    const got = consumeAll(parent);
    for (const n of [1, 2, 3, 4, 5]) {
      const payload = n === 3 ? "too large for the parent".padEnd(5_000, ".") : `fits ${n}`;
      await device.publishAsync(topics.data(POST, "reading"), payload, { qos: 1 });
    }

    await until("the rest is up", () => new Set(got.map(({ payload }) => String(payload))).size >= 4, 90_000);
    await until("the one is aside", async () => (await child.health()).uplink?.aside === 1, 30_000);

    const came = new Set(got.map(({ payload }) => String(payload)));
    expect([...came].sort()).toEqual(["fits 1", "fits 2", "fits 4", "fits 5"]);
    await until("nothing else waits", async () => (await child.health()).uplink?.lag.reading === 0);
  }, 150_000);

  it("brings up durable data and other states although the parent closes every connection for a twin", async () => {
    const { token, ...options } = await parentOptions(["chel"]);
    const parent = await startGatewayHere({ ...options, settings: { MAX_PACKET_BYTES: "1024" } });
    const child = await startGatewayHere({ clients: DEVICES, settings: villageSettings(parent.port, token, "chel") });
    const device = await connectTo(child, "chel:post-1");
    const got = consumeAll(parent);
    await device.publishAsync(topics.reported(POST), "a twin".padEnd(5_000, "."), { qos: 1, retain: true });
    await until("the parent refuses it", async () => ((await parent.health()).refused["packet-too-large"] ?? 0) > 1);

    for (let n = 0; n < 200; n += 1) await device.publishAsync(topics.data(POST, "reading"), `${n}`, { qos: 1 });

    await until("all is up", () => new Set(got.map(({ payload }) => String(payload))).size === 200);
    expect((await child.health()).uplink).toMatchObject({ connections: 1, aside: 0 });
    await device.publishAsync(topics.state(POST), "here", { qos: 1, retain: true });
    const heard = await listen(await connectTo(parent, "dv:cloud"), [filters.state()]);
    await until("the state is there", () => heard.get(topics.state(POST)) === "here");
    await until("the twin is left out", async () => {
      const uplink = (await child.health()).uplink;
      return uplink?.leftOut === 1 && uplink.ordinary.connected;
    });
  });

  it("tells the devices behind it what the city has, retained", async () => {
    const { parent, wire, child } = await setUp(["chel"], "chel");
    const cloud = await connectTo(parent, "dv:cloud");
    await cloud.publishAsync(topics.stored(POST), "stored 1", { qos: 1, retain: true });
    await cloud.publishAsync(topics.desired(POST), "desired 1", { qos: 1, retain: true });

    const device = await connectTo(child, "chel:post-1");
    const heard = await listen(device, [topics.stored(POST), topics.desired(POST)]);
    await until("both are there", () => heard.size === 2);
    await cloud.publishAsync(topics.stored(POST), "stored 2", { qos: 1, retain: true });
    await until("the newer one came", () => heard.get(topics.stored(POST)) === "stored 2");

    wire.cut(true);
    const late = await connectTo(child, "chel:post-1");
    const heardLate = await listen(late, [topics.stored(POST)]);
    await until("it is retained", () => heardLate.get(topics.stored(POST)) === "stored 2");
    expect(heard.get(topics.desired(POST))).toBe("desired 1");
  });

  it("shows the parent state and twin of the devices behind it, after a reconnect what changed, and live as it comes", async () => {
    const { parent, wire, child } = await setUp(["chel"], "chel");
    const device = await connectTo(child, "chel:post-1");
    await device.publishAsync(topics.state(POST), "here", { qos: 1, retain: true });
    await device.publishAsync(topics.reported(POST), "twin 1", { qos: 1, retain: true });
    const cloud = await connectTo(parent, "dv:cloud");
    const heard = await listen(cloud, [filters.state(), filters.reported(), filters.live()]);
    await until("both are there", () => heard.get(topics.state(POST)) === "here" && heard.has(topics.reported(POST)));

    wire.cut(true);
    await device.publishAsync(topics.reported(POST), "twin 2", { qos: 1, retain: true });
    await until("the link is down", async () => (await child.health()).uplink?.connected === false);
    await device.publishAsync(topics.live(POST, "view"), "missed", { qos: 0 });
    await until("it was dropped", async () => (await child.health()).uplink?.liveDropped === 1);
    wire.mend();
    await until("the twin of meanwhile is there", () => heard.get(topics.reported(POST)) === "twin 2");
    await device.publishAsync(topics.live(POST, "view"), "seen", { qos: 0 });
    await until("live is there", () => heard.get(topics.live(POST, "view")) === "seen");
  });

  it("is shown as offline at the parent once its link is lost, and as online when it is back", async () => {
    const { parent, wire, child } = await setUp(["chel"], "chel");
    const cloud = await connectTo(parent, "dv:cloud");
    const own = topics.state({ tenant: "dv", device: "village" });
    const heard = await listen(cloud, [filters.state()]);
    const says = (online: boolean) => () => JSON.parse(heard.get(own) ?? "{}").online === online;
    await until("it is online", says(true));
    expect(JSON.parse(heard.get(own) ?? "{}")).toMatchObject({ v: 1, tenants: ["chel"] });

    wire.cut(true);
    await until("it is offline", says(false));
    wire.mend();
    await until("it is online again", says(true));

    await child.close();
    await until("it has said goodbye", says(false));
  });

  it("brings up what lay aside once the parent lets it", async () => {
    const { token, ...options } = await parentOptions(["chel"]);
    const parent = await startGatewayHere(options);
    const settings = villageSettings(parent.port, token, "chel,kopeysk");
    const child = await startGatewayHere({ clients: DEVICES, settings });
    await untilUp(child);
    const other = await connectTo(child, "kopeysk:post-2");
    await until("the refusal is known", async () => (await child.health()).uplink?.refusedTenants.length === 1);
    await other.publishAsync(topics.data(OTHER, "visit"), "later", { qos: 1 });
    await until("it lies aside", async () => (await child.health()).uplink?.aside === 1);

    await child.close();
    const newToken = await letVillageIn(options.folder, ["chel", "kopeysk"]);
    const again = await startGatewayHere({
      clients: DEVICES,
      folder: child.folder,
      settings: { ...settings, PARENT_TOKEN: newToken },
    });
    const got = consumeAll(parent);

    await until("it is up", () => got.some(({ payload }) => String(payload) === "later"), 60_000);
    await until("nothing lies aside", async () => (await again.health()).uplink?.aside === 0);
  }, 90_000);
});
