import { describe, expect, it } from "vitest";
import { topics } from "#contract/topics.ts";
import { aPublish, connectRaw } from "../support/raw-mqtt.ts";
import { startGatewayHere } from "../support/test-gateway.ts";

const TRUCK = { tenant: "demo", device: "truck-1" };
const MESSAGES = 200;

describe("QoS 0 and QoS 1 on one connection", () => {
  it("are all taken when they come in one piece and nobody subscribes to the QoS 0 ones", async () => {
    const gateway = await startGatewayHere({ clients: ["demo:truck-1"] });
    const truck = await connectRaw(gateway.port, {
      clientId: "demo:truck-1",
      token: gateway.tokenOf("demo:truck-1"),
    });

    const rounds = Array.from({ length: MESSAGES }, (_, i) => [
      aPublish(topics.live(TRUCK, "position"), 0, `${i}`, 0),
      aPublish(topics.data(TRUCK, "reading"), 2 * i + 1, `${i}`),
      { ...aPublish(topics.state(TRUCK), 2 * i + 2, `${i}`), retain: true },
    ]);
    truck.send(...rounds.flat());

    const acknowledged = await truck.receive("puback", 2 * MESSAGES);
    expect(new Set(acknowledged.map(({ messageId }) => messageId)).size).toBe(2 * MESSAGES);
    expect((await gateway.health()).connections).toBe(1);
    truck.socket.destroy();
  });
});
