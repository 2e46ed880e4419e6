import { join } from "node:path";
import mqtt, { type MqttClient } from "mqtt";
import { onTestFinished } from "vitest";
import { CONSUMER_GROUPS, filters, type Stream } from "#contract/topics.ts";
import { connectConsumer } from "#mqtt/consumer-client.ts";
import { addClient } from "../../../firmware-config/credentials.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import type { RunningGateway, TestGatewayOptions } from "../../support/test-gateway.ts";
import { until } from "../../support/until.ts";

/** The child gateway's name, as the settings and the parent's credentials have it. */
export const VILLAGE = "village";

/** Options of a parent gateway that knows the village as a gateway of these tenants, and the village's token there. */
export async function parentOptions(
  tenants: readonly string[],
  clients: readonly string[] = ["dv:cloud"],
): Promise<TestGatewayOptions & { readonly folder: string; readonly token: string }> {
  const folder = await tempFolder();
  return { clients, folder, token: await letVillageIn(folder, tenants) };
}

/** Makes the village a client of the gateway whose credentials lie in a folder. */
export function letVillageIn(folder: string, tenants: readonly string[]): Promise<string> {
  const village = { tenant: "dv", device: VILLAGE, role: "gateway" as const, tenants: [...tenants] };
  return addClient(join(folder, "credentials.json"), village);
}

/** The settings of the village gateway. */
export const villageSettings = (port: number, token: string, tenants: string, more = {}) => ({
  GATEWAY_NAME: VILLAGE,
  PARENT_URL: `mqtt://127.0.0.1:${port}`,
  PARENT_TOKEN: token,
  PARENT_TENANTS: tenants,
  ...more,
});

/** Connects a client to a gateway; it is ended when the test has finished. */
export async function connectTo(gateway: RunningGateway, clientId: string): Promise<MqttClient> {
  const password = gateway.tokenOf(clientId);
  const client = await mqtt.connectAsync(gateway.url, { clientId, username: clientId, password, reconnectPeriod: 200 });
  // A gateway that closes is part of a test; the client comes back by itself.
  client.on("error", () => {});
  onTestFinished(async () => void client.end(true));
  return client;
}

/** Everything that both consumer groups of a gateway get, acknowledged at once, over as many connections as it takes. */
export function consumeAll(gateway: RunningGateway): { readonly topic: string; readonly payload: Buffer }[] {
  const got: { readonly topic: string; readonly payload: Buffer }[] = [];
  let isOver = false;
  onTestFinished(() => {
    isOver = true;
  });
  const connect = async (group: string, streams: readonly Stream[]): Promise<void> => {
    if (isOver) return;
    const again = () => void setTimeout(() => void connect(group, streams).catch(again), 100);
    const consumer = await connectConsumer({
      url: gateway.url,
      clientId: `dv:cloud:${group}`,
      username: "dv:cloud",
      password: gateway.tokenOf("dv:cloud"),
      filters: streams.map((stream) => filters.shared(group, filters.data(stream))),
      keepaliveS: 10,
      onMessage: ({ topic, payload, acknowledge }) => {
        got.push({ topic, payload: Buffer.from(payload) });
        acknowledge();
      },
      onClose: again,
    });
    onTestFinished(() => consumer.close());
  };
  for (const [group, streams] of Object.entries(CONSUMER_GROUPS)) {
    const start = () => void connect(group, streams).catch(() => void (isOver || setTimeout(start, 100)));
    start();
  }
  return got;
}

/** The newest payload of each topic that a client hears under some filters. */
export async function listen(client: MqttClient, wanted: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const heard = new Map<string, string>();
  client.on("message", (topic, payload) => heard.set(topic, String(payload)));
  await client.subscribeAsync([...wanted], { qos: 1 });
  return heard;
}

/** Waits until a gateway's uplink is connected. */
export const untilUp = (gateway: RunningGateway) =>
  until("the uplink is connected", async () => (await gateway.health()).uplink?.connected === true);
