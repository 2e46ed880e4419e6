import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { topics } from "#contract/topics.ts";
import { wait } from "#kit/wait.ts";
import { aPublish, connectPacket, connectRaw, openRaw } from "../support/raw-mqtt.ts";
import { type RunningGateway, startGatewayHere } from "../support/test-gateway.ts";
import { until } from "../support/until.ts";

const READING = topics.data({ tenant: "demo", device: "truck-1" }, "reading");
const CLIENTS = ["demo:truck-1", "demo:post-1"];
const PINGS_OF_1_MIB = Buffer.alloc(1024 * 1024, Buffer.from([0xc0, 0x00]));
/** Millions of pings are far above the rate of a client. */
const UNLIMITED = { RATE_MESSAGES: "1000000000" };
const login = (gateway: RunningGateway, clientId: string, keepaliveS = 60) => ({
  clientId,
  token: gateway.tokenOf(clientId),
  keepaliveS,
});

describe("the front", () => {
  it("closes only the client whose packet is too large, before the packet has come", async () => {
    const gateway = await startGatewayHere({ clients: CLIENTS, settings: { MAX_PACKET_BYTES: "4096" } });
    const greedy = await connectRaw(gateway.port, login(gateway, "demo:truck-1"));
    const other = await connectRaw(gateway.port, login(gateway, "demo:post-1"));

    greedy.send(Buffer.from([0x32, 0xfe, 0xff, 0xff, 0x7f, 0x00]));

    await greedy.closed();
    other.send(aPublish(topics.data({ tenant: "demo", device: "post-1" }, "reading"), 1));
    await other.receive("puback");
    expect((await gateway.health()).refused).toEqual({ "packet-too-large": 1 });
  });

  it("closes a client that is silent for longer than its keep-alive, not one that publishes durably", async () => {
    const gateway = await startGatewayHere({ clients: CLIENTS });
    const silent = await connectRaw(gateway.port, login(gateway, "demo:post-1", 1));
    const busy = await connectRaw(gateway.port, login(gateway, "demo:truck-1", 1));
    let published = 0;
    const publishing = setInterval(() => {
      published += 1;
      busy.send(aPublish(READING, published));
    }, 100);

    await silent.closed();
    await busy.receive("puback", published + 20);
    clearInterval(publishing);

    expect(busy.socket.closed).toBe(false);
    expect((await gateway.health()).refused).toEqual({ "keep-alive": 1 });
  });

  it("answers pings, which keep an idle client connected", async () => {
    const gateway = await startGatewayHere({ clients: CLIENTS });
    const idle = await connectRaw(gateway.port, login(gateway, "demo:truck-1", 1));

    const pinging = setInterval(() => idle.send({ cmd: "pingreq" }), 200);
    await idle.receive("pingresp", 15);
    clearInterval(pinging);

    expect(idle.socket.closed).toBe(false);
  });

  it("reads no further from a client that does not read its answers, and cuts it after one and a half keep-alives", async () => {
    const gateway = await startGatewayHere({ clients: CLIENTS, settings: UNLIMITED });
    const deaf = await connectRaw(gateway.port, login(gateway, "demo:truck-1", 2));

    deaf.socket.pause();
    for (let i = 0; i < 40; i += 1) deaf.socket.write(PINGS_OF_1_MIB);

    await until("it is cut", async () => (await gateway.health()).connections === 0, 60_000);
    expect((await gateway.health()).refused).toEqual({ unread: 1 });
    deaf.socket.destroy();
  }, 90_000);

  it("answers every ping of a client that reads late", async () => {
    const gateway = await startGatewayHere({ clients: CLIENTS, settings: UNLIMITED });
    const late = await connectRaw(gateway.port, login(gateway, "demo:truck-1", 60));
    let answered = 0;
    late.socket.removeAllListeners("data");
    late.socket.on("data", (chunk: Buffer) => {
      answered += chunk.length;
    });

    late.socket.pause();
    for (let i = 0; i < 16; i += 1) late.socket.write(PINGS_OF_1_MIB);
    await until("nothing more is taken", async () => {
      const before = late.socket.writableLength;
      await wait(300);
      return before > 0 && late.socket.writableLength === before;
    });
    late.socket.resume();

    await until("all answers", () => answered === 16 * PINGS_OF_1_MIB.length, 60_000);
    expect(late.socket.closed).toBe(false);
  }, 90_000);

  it("survives any bytes that anybody sends, before and after CONNECT, and serves the next one", async () => {
    const gateway = await startGatewayHere({ clients: CLIENTS });
    const aMutation = fc.record({
      isConnected: fc.boolean(),
      bytes: fc.oneof(
        fc.uint8Array({ minLength: 1, maxLength: 60 }),
        fc
          .tuple(fc.constantFrom(1, 3, 4, 6, 8, 10, 12, 14), fc.nat(15), fc.uint8Array({ maxLength: 60 }))
          .map(([type, flags, body]) => Buffer.from([(type << 4) | flags, body.length, ...body])),
      ),
    });

    await fc.assert(
      fc.asyncProperty(aMutation, async ({ isConnected, bytes }) => {
        const client = await openRaw(gateway.port);
        if (isConnected) client.send(connectPacket(login(gateway, "demo:truck-1")));
        client.send(Buffer.from(bytes));
        client.socket.end();
        await client.closed();
      }),
      { numRuns: 150 },
    );

    const honest = await connectRaw(gateway.port, login(gateway, "demo:post-1"));
    honest.send(aPublish(topics.data({ tenant: "demo", device: "post-1" }, "reading"), 1));
    await honest.receive("puback");
  }, 60_000);

  it("counts its connections and forgets those that have gone", async () => {
    const gateway = await startGatewayHere({ clients: CLIENTS });
    const client = await connectRaw(gateway.port, login(gateway, "demo:truck-1"));
    expect((await gateway.health()).connections).toBe(1);

    client.socket.destroy();

    await until("it is forgotten", async () => (await gateway.health()).connections === 0);
  });
});
