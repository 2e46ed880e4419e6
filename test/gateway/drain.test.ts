import { describe, expect, it } from "vitest";
import type { ConsumedMessage } from "#mqtt/consumer-client.ts";
import { connectDevice, consume, numbered, publish, topicOf } from "../support/group-member.ts";
import { startTestGateway } from "../support/test-gateway.ts";
import { until } from "../support/until.ts";

const CLIENTS = ["demo:truck-0", "dv:cloud"];

describe("a gateway that is told to end", () => {
  it("lets a consumer acknowledge what it has: nothing of it comes again after the restart", async () => {
    const gateway = await startTestGateway({ clients: CLIENTS });
    const device = await connectDevice(gateway);
    const held: ConsumedMessage[] = [];
    const air = await consume(gateway, "air", (message) => held.push(message));
    await publish(device, topicOf("reading"), numbered(50));
    await until("all are delivered", () => held.length === 50);

    const stopped = gateway.stop();
    await until("it says that it is not ready", () =>
      fetch(`http://127.0.0.1:${gateway.metricsPort}/readyz`).then(({ status }) => status === 503),
    );
    for (const message of held) message.acknowledge();

    expect(await stopped).toBe(0);
    await air.close();
    await gateway.restart();
    expect((await gateway.health()).journal.pending.reading).toBe(0);
  });

  it("waits a few seconds for a consumer that acknowledges nothing, and gives it all again", async () => {
    const gateway = await startTestGateway({ clients: CLIENTS });
    const device = await connectDevice(gateway);
    const air = await consume(gateway, "air", () => undefined);
    await publish(device, topicOf("reading"), numbered(3));
    await until("all are delivered", () => air.messages.length === 3);

    expect(await gateway.stop()).toBe(0);

    await air.close();
    await gateway.restart();
    const again = await consume(gateway, "air");
    await until("all come again", () => again.messages.length === 3);
    expect(again.messages.map(({ dup }) => dup)).toEqual([true, true, true]);
    await again.close();
  });
});
