import { describe, expect, it } from "vitest";
import { openRaw } from "../../support/raw-mqtt.ts";
import { startGatewayHere } from "../../support/test-gateway.ts";
import { joinOpen } from "./open-client.ts";

/** By hand: the generator refuses to write it. */
const NAMELESS_THAT_KEEPS_ITS_SESSION = Buffer.from("100c00044d5154540400000a0000", "hex");
const openGateway = () => startGatewayHere({ clients: [], settings: { OPEN: "true" } });

/** The eleven interoperability tests that the makers of MQTT's reference clients have for 3.1.1, told in our own words. */
describe("a general MQTT 3.1.1 client, at the gateway in its open mode", () => {
  it("gets what it publishes at each QoS, and may leave and come back", async () => {
    const { port } = await openGateway();
    await (await joinOpen(port, { clientId: "a" })).disconnect();
    const client = await joinOpen(port, { clientId: "a" });
    await client.subscribe(["TopicA", 2]);

    await client.publish("TopicA", "qos 0", 0);
    await client.publish("TopicA", "qos 1", 1);
    await client.publish("TopicA", "qos 2", 2);

    expect(await client.messages(3)).toEqual(["TopicA qos 0 0", "TopicA qos 1 1", "TopicA qos 2 2"]);
    await client.disconnect();
  });

  it("gets retained messages when it subscribes, until they are cleared", async () => {
    const { port } = await openGateway();
    const publisher = await joinOpen(port, { clientId: "publisher" });
    await publisher.publish("TopicA/B", "qos 0", 0, true);
    await publisher.publish("TopicA/C", "qos 1", 1, true);
    await publisher.publish("Topic/C", "qos 2", 2, true);

    const early = await joinOpen(port, { clientId: "early" });
    await early.subscribe(["+/+", 2]);
    const kept = await early.messages(3);
    for (const topic of ["TopicA/B", "TopicA/C", "Topic/C"]) await publisher.publish(topic, "", 1, true);
    const late = await joinOpen(port, { clientId: "late" });
    await late.subscribe(["+/+", 2]);

    expect([...kept].sort()).toEqual(["Topic/C qos 2 2", "TopicA/B qos 0 0", "TopicA/C qos 1 1"]);
    expect(early.raw.received.filter((it) => it.cmd === "publish" && it.retain)).toHaveLength(3);
    expect(await late.messagesBy(publisher)).toEqual([]);
  });

  it("has its will published when it is cut off, not when it leaves", async () => {
    const { port } = await openGateway();
    const witness = await joinOpen(port, { clientId: "witness" });
    await witness.subscribe(["TopicA/C", 2]);
    const leaving = await joinOpen(port, {
      clientId: "leaving",
      will: { topic: "TopicA/C", payload: "left", qos: 2 },
    });
    const cut = await joinOpen(port, { clientId: "cut", will: { topic: "TopicA/C", payload: "cut off", qos: 2 } });

    await leaving.disconnect();
    cut.raw.socket.destroy();

    expect(await witness.messages(1)).toEqual(["TopicA/C cut off 2"]);
  });

  it("needs a client id unless its session ends with the connection", async () => {
    const { port } = await openGateway();
    const keeping = await openRaw(port);

    keeping.send(NAMELESS_THAT_KEEPS_ITS_SESSION);

    expect(await keeping.receive("connack")).toMatchObject([{ returnCode: 2 }]);
    await keeping.closed();
    const nameless = await joinOpen(port, { clientId: "" });
    const otherNameless = await joinOpen(port, { clientId: "" });
    await otherNameless.publish("TopicA", "both are connected", 1);
    expect(nameless.raw.socket.closed).toBe(false);
  });

  it("gets what was published while it was away, at QoS 1 and 2", async () => {
    const { port } = await openGateway();
    const away = await joinOpen(port, { clientId: "away", clean: false });
    await away.subscribe(["+/+", 2]);
    await away.disconnect();
    const publisher = await joinOpen(port, { clientId: "publisher" });
    await publisher.publish("TopicA/B", "qos 0", 0);
    await publisher.publish("TopicA/C", "qos 1", 1);
    await publisher.publish("Topic/C", "qos 2", 2);

    const back = await joinOpen(port, { clientId: "away", clean: false });

    expect(back.isSessionPresent).toBe(true);
    expect((await back.messages(2)).filter((message) => !message.endsWith(" 0")).sort()).toEqual([
      "Topic/C qos 2 2",
      "TopicA/C qos 1 1",
    ]);
  });

  it("gets a message for overlapping subscriptions once at the highest QoS, or once for each", async () => {
    const { port } = await openGateway();
    const client = await joinOpen(port, { clientId: "a" });
    await client.subscribe(["TopicA/#", 2], ["TopicA/+", 1]);

    await client.publish("TopicA/C", "overlapping", 2);

    const messages = await client.messagesBy(client);
    expect([["TopicA/C overlapping 2"], ["TopicA/C overlapping 1", "TopicA/C overlapping 2"]]).toContainEqual(
      [...messages].sort(),
    );
  });

  it("is taken for lost after one and a half keep-alives of silence", async () => {
    const { port } = await openGateway();
    const witness = await joinOpen(port, { clientId: "witness", keepaliveS: 0 });
    await witness.subscribe(["/TopicA", 2]);
    const startedMs = performance.now();

    const silent = await joinOpen(port, {
      clientId: "silent",
      keepaliveS: 2,
      will: { topic: "/TopicA", payload: "keep-alive expired", qos: 2 },
    });

    expect(await witness.messages(1)).toEqual(["/TopicA keep-alive expired 2"]);
    expect(performance.now() - startedMs).toBeGreaterThan(2_900);
    await silent.raw.closed();
  });

  it("gets again, after a reconnect, what it had not acknowledged", async () => {
    const { port } = await openGateway();
    const mute = await joinOpen(port, { clientId: "a", clean: false, acknowledges: false });
    await mute.subscribe(["TopicA/+", 2]);
    const publisher = await joinOpen(port, { clientId: "publisher" });
    await publisher.publish("TopicA/B", "qos 1", 1);
    await publisher.publish("TopicA/C", "qos 2", 2);
    const first = await mute.messages(2);
    mute.raw.socket.destroy();

    const back = await joinOpen(port, { clientId: "a", clean: false });

    expect([...(await back.messages(2))].sort()).toEqual([...first].sort());
    await back.disconnect();
    const again = await joinOpen(port, { clientId: "a", clean: false });
    expect(await again.messagesBy(publisher)).toEqual([]);
  });

  it("is told which of its subscriptions was refused", async () => {
    const { port } = await openGateway();
    const client = await joinOpen(port, { clientId: "a" });

    const granted = await client.subscribe(["test/nosubscribe", 2], ["TopicA", 1], ["dv1/demo/truck-1/state", 0]);

    expect(granted).toEqual([128, 1, 128]);
  });

  it("does not get topics that begin with $ by a filter that begins with a wildcard", async () => {
    const { port } = await openGateway();
    const client = await joinOpen(port, { clientId: "a" });
    await client.subscribe(["+/+", 2], ["#", 2]);

    await client.publish("$TopicA/B", "hidden", 1);

    expect(await client.messagesBy(client)).toEqual([]);
  });

  it("gets nothing more of what it has unsubscribed from", async () => {
    const { port } = await openGateway();
    const client = await joinOpen(port, { clientId: "a" });
    await client.subscribe(["TopicA", 2], ["TopicA/B", 2], ["TopicA/C", 2]);
    await client.unsubscribe("TopicA");
    const publisher = await joinOpen(port, { clientId: "publisher" });

    for (const topic of ["TopicA", "TopicA/B", "TopicA/C"]) await publisher.publish(topic, "x", 1);

    expect(await client.messagesBy(publisher)).toEqual(["TopicA/B x 1", "TopicA/C x 1"]);
  });
});
