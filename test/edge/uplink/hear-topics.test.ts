import mqtt from "mqtt";
import { expect, it, onTestFinished } from "vitest";
import { hearTopics } from "../../../edge/uplink/hear-topics.ts";
import { freePort } from "../../support/free-port.ts";
import { until } from "../../support/until.ts";
import { startAedesBroker } from "../support/aedes-broker.ts";

const HOUR_MS = 60 * 60_000;

it("a topic that rests is not heard over new connections, and is heard again after an hour, over the same one too", async () => {
  const broker = await startAedesBroker(await freePort());
  await broker.retain("wanted", "large");
  await broker.retain("stored", "small");
  let nowMs = 0;
  const heard: string[] = [];
  const note = (payload: Uint8Array) => void heard.push(Buffer.from(payload).toString());
  const listeners = new Map([
    ["wanted", note],
    ["stored", note],
  ]);
  const hearing = hearTopics(listeners, { nowMs: () => 0, monotonicMs: () => nowMs });
  const connect = async () => {
    const client = await mqtt.connectAsync(broker.url, { reconnectPeriod: 0 });
    onTestFinished(() => client.endAsync(true));
    onTestFinished(hearing.over({ client, end: (code) => void heard.push(code) }));
  };

  hearing.rest("wanted");
  hearing.rest("unknown");
  await connect();
  await until("one is heard", () => heard.length > 0);
  expect(heard).toEqual(["small"]);

  nowMs = HOUR_MS - 200;
  await connect();
  await until("both are heard", () => heard.length > 2);
  expect(heard).toEqual(["small", "small", "large"]);

  nowMs = HOUR_MS;
  await connect();
  await until("both are heard at once", () => heard.length > 4);
  expect(heard.slice(3).sort()).toEqual(["large", "small"]);
});
