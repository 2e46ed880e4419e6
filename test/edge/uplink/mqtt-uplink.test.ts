import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { decode } from "#contract/codec.ts";
import { clientIdOf } from "#contract/names.ts";
import { RECORD_CLASSES, topics } from "#contract/topics.ts";
import { openJournal } from "#journal/sqlite-journal.ts";
import { systemClock } from "#kit/clock.ts";
import { createLogger } from "#kit/logger.ts";
import { createCounters } from "../../../edge/health/counters.ts";
import { openJournalOutbox } from "../../../edge/outbox/journal-outbox.ts";
import { startMqttUplink } from "../../../edge/uplink/mqtt-uplink.ts";
import type { SignIn } from "../../../edge/uplink/sign-in.ts";
import { freePort } from "../../support/free-port.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { until } from "../../support/until.ts";
import { type AedesBroker, startAedesBroker } from "../support/aedes-broker.ts";
import { aChunk, aReading } from "../support/messages.ts";

const DEVICE = { tenant: "demo", device: "post-1" };
const STATE = { v: 1, boot: "boot-1", software: "0.1.0", model: null, publicKey: "k".repeat(43) } as const;

/** A twin that says nothing and wants nothing. */
const silentTwin = { want: () => {}, wantTooLarge: () => {}, begin: () => () => {}, onReconnect: () => {} };

async function openOutbox(folder: string) {
  const file = join(folder, "outbox.sqlite");
  const journal = await openJournal({ file, classes: RECORD_CLASSES, readers: { uplink: RECORD_CLASSES } });
  onTestFinished(() => journal.close());
  return openJournalOutbox(journal, DEVICE, "log-1");
}

async function setUp(broker: AedesBroker | string, token = "secret-of-a-device") {
  const outbox = await openOutbox(await tempFolder());
  const counters = createCounters();
  const url = typeof broker === "string" ? broker : broker.url;
  const login = { url, clientId: clientIdOf(DEVICE), username: clientIdOf(DEVICE), token };
  const connect = (signIn: Partial<Pick<SignIn, "login" | "onNew" | "doubt">> = {}) => {
    const uplink = startMqttUplink({
      signIn: { login: async () => login, onNew: () => {}, doubt: () => {}, ...signIn },
      address: DEVICE,
      outbox,
      twin: silentTwin,
      state: () => STATE,
      clock: systemClock,
      random: () => 0,
      counters,
      log: createLogger("edge", "silent"),
    });
    onTestFinished(() => uplink.close());
    return uplink;
  };
  return { outbox, counters, connect, login };
}

const durable = (broker: AedesBroker) => broker.received.filter(({ topic }) => topic.includes("/d/"));
const seqsOf = (broker: AedesBroker) => durable(broker).map(({ topic, payload }) => decode(topic, payload).message.seq);

describe("startMqttUplink", () => {
  it("sends what waits by worth, and by number within a class", async () => {
    const broker = await startAedesBroker(await freePort());
    const { outbox, connect } = await setUp(broker);
    await outbox.append([aChunk(Buffer.from("x")), aReading(1), aChunk(Buffer.from("y")), aReading(2)]);

    connect();
    await until("everything is sent", () => outbox.pending().total === 0);

    expect(seqsOf(broker)).toEqual([2, 4, 1, 3]);
  });

  it("says who is here, retained, and takes leave when it is closed", async () => {
    const broker = await startAedesBroker(await freePort());
    const { connect } = await setUp(broker);

    const uplink = connect();
    await until("the state is published", () => broker.received.length > 0);
    await uplink.close();

    const states = broker.received.map(({ topic, payload, retain }) => [topic, JSON.parse(String(payload)), retain]);
    expect(states).toEqual([
      [topics.state(DEVICE), { ...STATE, online: true }, true],
      [topics.state(DEVICE), { ...STATE, online: false }, true],
    ]);
  });

  it("loses nothing and changes no byte when the broker is killed in the middle, again and again", async () => {
    const broker = await startAedesBroker(await freePort());
    const { outbox, connect } = await setUp(broker);
    const total = 3000;
    await outbox.append(Array.from({ length: total }, (_, i) => aReading(i)));

    connect();
    for (const least of [200, 900, 1500]) {
      await until(`${least} messages are there`, () => new Set(seqsOf(broker)).size >= least);
      await broker.kill();
      await broker.start();
    }
    await until("everything is sent", () => outbox.pending().total === 0, 60_000);

    const texts = new Map<number, Set<string>>();
    for (const { topic, payload } of durable(broker)) {
      const { seq } = decode(topic, payload).message;
      texts.set(seq, (texts.get(seq) ?? new Set()).add(String(payload)));
    }
    expect(texts.size).toBe(total);
    expect([...texts.values()].filter((different) => different.size > 1)).toEqual([]);
  }, 90_000);

  it("waits for a broker that is away, says so, and sends by itself once it is there", async () => {
    const port = await freePort();
    const { outbox, counters, connect } = await setUp(`mqtt://127.0.0.1:${port}`);
    const uplink = connect();
    await outbox.append([aReading()]);
    await until("the trouble is told", () => uplink.status().trouble?.includes("ECONNREFUSED"));

    const broker = await startAedesBroker(port);
    await until("it is sent", () => outbox.pending().total === 0);

    expect(seqsOf(broker)).toEqual([1]);
    expect(counters.snapshot()["broker-econnrefused"]).toBeGreaterThanOrEqual(1);
  });

  it("says that the broker refuses its token, and keeps what it has", async () => {
    const broker = await startAedesBroker(await freePort(), "another-secret");
    const { outbox, counters, connect } = await setUp(broker);
    await outbox.append([aReading()]);

    const uplink = connect();
    await until("the refusal is told", () => /refused/i.test(uplink.status().trouble ?? ""));

    expect(outbox.pending().total).toBe(1);
    expect(counters.snapshot()["broker-refused"]).toBeGreaterThanOrEqual(1);
  });

  it("doubts what it signs in with when the broker hangs up again and again before it has answered", async () => {
    const port = await freePort();
    const server = createServer((socket) => socket.destroy()).listen(port, "127.0.0.1");
    onTestFinished(() => new Promise((closed) => server.close(() => closed())));
    const { connect } = await setUp(`mqtt://127.0.0.1:${port}`);
    let doubts = 0;

    connect({
      doubt: () => {
        doubts += 1;
      },
    });

    await until("it doubts", () => doubts === 1);
  });

  it("connects anew once when there is a newer certificate, and is not shown as offline for it", async () => {
    const broker = await startAedesBroker(await freePort());
    const { outbox, connect, login } = await setUp(broker);
    let tell = () => {};
    const onNew = (listener: () => void) => {
      tell = listener;
    };
    const uplink = connect({ login: async () => login, onNew });
    await until("it is connected", () => uplink.status().connected);

    tell();
    await until("it is connected again", () => uplink.status().connections === 2);
    await outbox.append([aReading(1)]);
    await until("everything is sent", () => outbox.pending().total === 0);

    const states = broker.received.filter(({ topic }) => topic === topics.state(DEVICE));
    expect(states.map(({ payload }) => JSON.parse(payload.toString()).online)).toEqual([true, true]);
    expect(uplink.status().connections).toBe(2);
  });

  it("waits while it has nothing to sign in with, and says so", async () => {
    const broker = await startAedesBroker(await freePort());
    const { connect, login } = await setUp(broker);
    let isReady = false;
    let tell = () => {};
    const onNew = (listener: () => void) => {
      tell = listener;
    };
    const uplink = connect({
      login: async () => (isReady ? login : Promise.reject(new Error("no certificate yet"))),
      onNew,
    });
    await until("it says why", () => uplink.status().trouble === "no certificate yet");

    isReady = true;
    tell();

    await until("it is connected", () => uplink.status().connected);
  });

  it("sends what is appended while it is connected", async () => {
    const broker = await startAedesBroker(await freePort());
    const { outbox, connect } = await setUp(broker);
    const uplink = connect();
    await until("it is connected", () => uplink.status().connected);

    for (const value of [1, 2, 3]) await outbox.append([aReading(value)]);

    await until("all are there", () => seqsOf(broker).length === 3);
    expect(seqsOf(broker)).toEqual([1, 2, 3]);
  });

  it("knows what the city has of this outbox, not of another", async () => {
    const broker = await startAedesBroker(await freePort());
    const stored = { v: 1, log: "log-1", upTo: 7, also: [], lost: [], photos: [] };
    await broker.retain(topics.stored(DEVICE), JSON.stringify(stored));
    const { connect } = await setUp(broker);

    const uplink = connect();
    await until("it has heard", () => uplink.status().stored !== null);
    await broker.retain(topics.stored(DEVICE), JSON.stringify({ ...stored, log: "log-0", upTo: 99 }));
    await broker.retain(topics.stored(DEVICE), "broken");
    await broker.retain(topics.stored(DEVICE), JSON.stringify({ ...stored, upTo: 8 }));

    await until("it has heard the newest", () => uplink.status().stored?.upTo === 8);
    expect(uplink.status().stored).toEqual({ ...stored, upTo: 8 });
  });
});
