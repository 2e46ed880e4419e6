import { describe, expect, it } from "vitest";
import type { ConsumedMessage } from "#mqtt/consumer-client.ts";
import {
  connectDevice,
  consume,
  type GroupMember,
  ignore,
  numbered,
  publish,
  topicOf,
} from "../support/group-member.ts";
import { startGatewayHere } from "../support/test-gateway.ts";
import { until } from "../support/until.ts";

const NAMES = Array.from({ length: 6 }, (_, i) => `truck-${i}`);
const start = (settings: Readonly<Record<string, string>> = {}) =>
  startGatewayHere({ clients: [...NAMES.map((name) => `demo:${name}`), "dv:cloud"], settings });
type Gateway = Awaited<ReturnType<typeof start>>;

const connectAll = (gateway: Gateway) =>
  Promise.all(NAMES.map(async (name) => ({ name, client: await connectDevice(gateway, `demo:${name}`) })));
const textsOf = (member: GroupMember, name: string) =>
  member.messages.filter(({ topic }) => topic === topicOf("reading", name)).map(({ payload }) => payload.toString());
const sharesOf = async (gateway: Gateway, name: string) =>
  (await gateway.health()).groups.find(({ group }) => group === name)?.shares ?? [];
const isCleared = (gateway: Gateway) => async () => (await gateway.health()).journal.oldestPending === null;

describe("the members of a consumer group", () => {
  it("share the devices evenly, each device's messages in order with one of them", async () => {
    const gateway = await start();
    const devices = await connectAll(gateway);
    const members = await Promise.all(["air-1", "air-2", "air-3"].map((n) => consume(gateway, "air", undefined, n)));

    await Promise.all(devices.map(({ name, client }) => publish(client, topicOf("reading", name), numbered(200))));
    await until("all", () => members.reduce((sum, { messages }) => sum + messages.length, 0) === 200 * NAMES.length);

    expect(members.map((member) => member.devices().length)).toEqual([2, 2, 2]);
    for (const name of NAMES) {
      const owner = members.find((member) => member.devices().includes(name));
      expect(owner && textsOf(owner, name)).toEqual(numbered(200));
    }
    const shares = (await sharesOf(gateway, "air")).map(({ client, devices: held }) => [client, held]);
    expect(shares.sort()).toEqual([
      ["dv:cloud:air-1", 2],
      ["dv:cloud:air-2", 2],
      ["dv:cloud:air-3", 2],
    ]);
    await until("all is cleared", isCleared(gateway));
    await Promise.all(members.map((member) => member.close()));
  }, 60_000);

  it("do not wait for one that withholds acknowledgements, and get its messages again when it goes", async () => {
    const gateway = await start({ CONSUMER_WINDOW: "20" });
    const devices = await connectAll(gateway);
    const stuck = await consume(gateway, "air", ignore, "stuck");
    const [first] = devices;
    await publish(first?.client ?? (await connectDevice(gateway)), topicOf("reading"), ["1"]);
    await until("it holds the first device", () => stuck.messages.length === 1);
    const other = await consume(gateway, "air", undefined, "other");

    // More than a lane holds in memory, so that what waits for the one is left to the journal.
    await Promise.all(
      devices.map(({ name, client }) =>
        publish(client, topicOf("reading", name), numbered(8_000, name === "truck-0" ? 2 : 1)),
      ),
    );
    const owned = (await sharesOf(gateway, "air"))[1]?.devices ?? 0;
    expect(owned).toBeGreaterThanOrEqual(2);
    await until("the other has all of its devices", () => other.messages.length >= 8_000 * owned, 90_000);
    const others = other.devices();
    expect(others).toHaveLength(owned);
    expect(stuck.messages).toHaveLength(20);
    const held = NAMES.filter((name) => !others.includes(name));

    await stuck.close();
    await until("the rest as well", () => other.messages.length >= 8_000 * NAMES.length + 1, 90_000);
    await until("all is cleared", isCleared(gateway));

    for (const name of others) expect(textsOf(other, name)).toEqual(numbered(8_000));
    for (const name of held) expect(textsOf(other, name)).toEqual(numbered(name === "truck-0" ? 8_001 : 8_000));
    const again = other.messages.filter(({ dup }) => dup).map(({ topic, payload }) => `${topic} ${payload}`);
    expect(again.sort()).toEqual(stuck.messages.map(({ topic, payload }) => `${topic} ${payload}`).sort());
    await other.close();
  }, 240_000);

  it("take over in order what one that is killed held, while the rest goes on", async () => {
    const gateway = await start();
    const devices = await connectAll(gateway);
    const held: ConsumedMessage[] = [];
    const dying = await consume(gateway, "sites", (message) => held.push(message), "dying");
    await Promise.all(devices.map(({ name, client }) => publish(client, topicOf("visit", name), numbered(30))));
    await until("it holds them all", () => held.length === 30 * NAMES.length);
    for (const message of held.slice(0, 40)) message.acknowledge();
    await until("some are acknowledged", async () => (await gateway.health()).consumed === 40);
    const heirs = [
      await consume(gateway, "sites", undefined, "heir-1"),
      await consume(gateway, "sites", undefined, "heir-2"),
    ];

    await dying.close();
    await until("the rest", () => heirs.reduce((sum, { messages }) => sum + messages.length, 0) >= 140);
    await until("all is cleared", isCleared(gateway));

    for (const name of NAMES) {
      const topic = topicOf("visit", name);
      const acknowledged = held.slice(0, 40).filter((message) => message.topic === topic).length;
      const owners = heirs.filter((heir) => heir.devices().includes(name));
      const texts = owners.flatMap((heir) => heir.messages.filter((m) => m.topic === topic).map((m) => `${m.payload}`));
      expect(texts).toEqual(numbered(30).slice(acknowledged));
    }
    expect(heirs.every(({ messages }) => messages.every(({ dup }) => dup))).toBe(true);
    expect((await sharesOf(gateway, "sites")).map((share) => share.devices)).toEqual([3, 3]);
    await Promise.all(heirs.map((heir) => heir.close()));
  }, 60_000);
});
