import { expect, it, onTestFinished } from "vitest";
import { filters, topics } from "#contract/topics.ts";
import { startTcpProxy } from "../../support/tcp-proxy.ts";
import { startGatewayHere } from "../../support/test-gateway.ts";
import { until } from "../../support/until.ts";
import { connectTo, listen, parentOptions, villageSettings } from "./support.ts";

const MOVING = { tenant: "chel", device: "truck-1" };
const STAYING = { tenant: "chel", device: "post-1" };

it("what a device that has moved on says elsewhere is not put back by the gateway that it came from", async () => {
  const { token, ...options } = await parentOptions(["chel"], ["dv:cloud", "chel:truck-1"]);
  const parent = await startGatewayHere(options);
  const wire = await startTcpProxy(parent.port);
  onTestFinished(() => wire.close());
  const child = await startGatewayHere({
    clients: ["chel:truck-1", "chel:post-1"],
    settings: villageSettings(wire.port, token, "chel"),
  });
  const retained = { qos: 1, retain: true } as const;
  const heard = await listen(await connectTo(parent, "dv:cloud"), [filters.state()]);
  const truck = await connectTo(child, "chel:truck-1");
  await truck.publishAsync(topics.state(MOVING), "in the village", retained);
  await until("it is known", () => heard.get(topics.state(MOVING)) === "in the village");
  // The one before is acknowledged once this one, sent after it, has come through its window and back.
  const post = await connectTo(child, "chel:post-1");
  await post.publishAsync(topics.state(STAYING), "before", retained);
  await until("the other is known", () => heard.get(topics.state(STAYING)) === "before");

  wire.cut(true);
  await until("the link is down", async () => (await child.health()).uplink?.ordinary.connected === false);
  await truck.endAsync();
  const truckInTown = await connectTo(parent, "chel:truck-1");
  await truckInTown.publishAsync(topics.state(MOVING), "in the town", retained);
  await post.publishAsync(topics.state(STAYING), "after", retained);
  wire.mend();

  await until("what changed here is there", () => heard.get(topics.state(STAYING)) === "after", 60_000);
  expect(heard.get(topics.state(MOVING))).toBe("in the town");
}, 90_000);
