import { describe, expect, it } from "vitest";
import type { Stream } from "#contract/topics.ts";
import { wait } from "#kit/wait.ts";
import type { ConsumedMessage } from "#mqtt/consumer-client.ts";
import { connectDevice, consume, numbered, publish, topicOf } from "../support/group-member.ts";
import { aPublish, connectRaw, type RawClient } from "../support/raw-mqtt.ts";
import { startGatewayHere, startTestGateway, type TestGateway } from "../support/test-gateway.ts";
import { until } from "../support/until.ts";

const NAMES = Array.from({ length: 10 }, (_, i) => `truck-${i}`);
const CLIENTS = [...NAMES.map((name) => `demo:${name}`), "dv:cloud"];
const BACKLOG: Readonly<Partial<Record<Stream, number>>> = { alert: 500, visit: 1_500, health: 3_000 };
const BACKLOG_ALL = 50_000;
const LIVE = 30;

describe("a consumer group that has been away", () => {
  it("catches up 50,000 records, each once and in order, while devices are acknowledged as ever", async () => {
    const gateway = await startGatewayHere({ clients: CLIENTS });
    const devices = await Promise.all(
      NAMES.map(async (name) => ({ name, client: await connectDevice(gateway, `demo:${name}`) })),
    );
    for (const [stream, count] of Object.entries(BACKLOG)) {
      const kind = stream === "alert" || stream === "visit" ? stream : "health";
      await Promise.all(devices.map(({ name, client }) => publish(client, topicOf(kind, name), numbered(count))));
    }
    let received = 0;
    const count = (message: ConsumedMessage) => {
      received += 1;
      message.acknowledge();
    };

    const members = await Promise.all(["one", "two"].map((name) => consume(gateway, "sites", count, name)));
    const receivedWhenAnswered: number[] = [];
    await Promise.all(
      devices.map(async ({ name, client }) => {
        for (let i = 0; i < LIVE; i += 1) {
          await publish(client, topicOf("health", name), [`${3_000 + i + 1}`]);
          receivedWhenAnswered.push(received);
        }
      }),
    );
    await until("all", () => received >= BACKLOG_ALL + LIVE * NAMES.length, 120_000);
    await until("all is cleared", async () => (await gateway.health()).journal.oldestPending === null);

    expect(receivedWhenAnswered[0]).toBeLessThan(BACKLOG_ALL);
    const textsOf = new Map<string, string[]>();
    for (const { topic, payload, dup } of members.flatMap(({ messages }) => messages)) {
      textsOf.set(topic, [...(textsOf.get(topic)?.splice(0) ?? []), `${payload}${dup ? " again" : ""}`]);
    }
    for (const name of NAMES) {
      expect(textsOf.get(topicOf("alert", name))).toEqual(numbered(500));
      expect(textsOf.get(topicOf("visit", name))).toEqual(numbered(1_500));
      expect(textsOf.get(topicOf("health", name))).toEqual(numbered(3_000 + LIVE));
    }
    await Promise.all(members.map((member) => member.close()));
  }, 240_000);
});

/** What was acknowledged to devices, and what members got, in the order in which it came. */
interface Ledger {
  readonly acknowledged: Map<string, number>;
  readonly got: Map<string, number[]>;
  isOver: boolean;
}

/** A device that publishes 1, 2, 3 …, at most 20 on the way, and sends again what was not acknowledged. */
async function publishThroughKills(gateway: TestGateway, name: string, ledger: Ledger): Promise<void> {
  let answered = 0;
  while (!ledger.isOver) {
    let client: RawClient | undefined;
    try {
      const clientId = `demo:${name}`;
      client = await connectRaw(gateway.port, { clientId, token: gateway.tokenOf(clientId) });
      const before = answered;
      let sent = before;
      while (!ledger.isOver && !client.socket.closed) {
        const pubacks = client.received.filter(({ cmd }) => cmd === "puback").length;
        answered = before + pubacks;
        ledger.acknowledged.set(name, answered);
        for (; sent < answered + 20; sent += 1) {
          client.send(aPublish(topicOf("visit", name), ((sent - before) % 60_000) + 1, `${sent + 1}`));
        }
        await wait(5);
      }
    } catch {
      // The gateway is down: the next attempt finds it up again.
      await wait(50);
    }
    client?.socket.destroy();
  }
}

/** A member that comes back whenever it was lost, and goes by itself now and then without acknowledging all. */
async function consumeThroughKills(gateway: TestGateway, name: string, ledger: Ledger, staysMs: number): Promise<void> {
  while (!ledger.isOver) {
    try {
      const take = (message: ConsumedMessage) => {
        const device = message.topic.split("/")[2] ?? "";
        const got = ledger.got.get(device) ?? [];
        got.push(Number(message.payload));
        ledger.got.set(device, got);
        if (Number(message.payload) % 7 === 0) setTimeout(() => message.acknowledge(), 40);
        else message.acknowledge();
      };
      const member = await consume(gateway, "sites", take, name);
      await wait(staysMs);
      await member.close();
    } catch {
      // As above.
      await wait(50);
    }
  }
}

describe("a consumer group of several members under kills", () => {
  it("loses nothing that was acknowledged, and each device's first deliveries come in order", async () => {
    const names = NAMES.slice(0, 5);
    const gateway = await startTestGateway({ clients: CLIENTS });
    const ledger: Ledger = { acknowledged: new Map(), got: new Map(), isOver: false };
    const running = [
      ...names.map((name) => publishThroughKills(gateway, name, ledger)),
      ...[700, 1_100, 1_900].map((staysMs, i) => consumeThroughKills(gateway, `m-${i}`, ledger, staysMs)),
    ];
    for (let kill = 0; kill < 4; kill += 1) {
      await wait(1_500);
      await gateway.restart();
    }
    await wait(1_500);
    ledger.isOver = true;
    await Promise.all(running);
    const last = await consume(gateway, "sites", (message) => {
      ledger.got.get(message.topic.split("/")[2] ?? "")?.push(Number(message.payload));
      message.acknowledge();
    });
    await until("all is cleared", async () => (await gateway.health()).journal.oldestPending === null, 60_000);

    for (const name of names) {
      const firsts = [...new Set(ledger.got.get(name))];
      expect(firsts).toEqual(firsts.map((_, i) => i + 1));
      expect(firsts.length).toBeGreaterThanOrEqual(ledger.acknowledged.get(name) ?? 1);
      expect(firsts.length).toBeGreaterThan(20);
    }
    await last.close();
  }, 240_000);
});
