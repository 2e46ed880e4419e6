import mqtt from "mqtt";
import type { Message } from "#contract/messages.ts";
import { type Address, clientIdOf } from "#contract/names.ts";
import { letterOf } from "./builders.ts";
import type { RunningGateway } from "./test-gateway.ts";

/** Messages on the way at a time: few, so that a kill comes in the middle of the stream. */
const WINDOW = 8;

/** Publishes a device's messages in order; resolves once the gateway has acknowledged all of them. */
export async function publishAll(
  gateway: Pick<RunningGateway, "url" | "tokenOf">,
  from: Address,
  messages: readonly Message[],
): Promise<void> {
  const clientId = clientIdOf(from);
  const password = gateway.tokenOf(clientId);
  const client = await mqtt.connectAsync(gateway.url, { clientId, username: clientId, password });
  const rest = [...messages];
  const sender = async () => {
    for (let message = rest.shift(); message !== undefined; message = rest.shift()) {
      const { topic, payload } = letterOf(message, from);
      await client.publishAsync(topic, Buffer.from(payload), { qos: 1 });
    }
  };
  await Promise.all(Array.from({ length: WINDOW }, sender));
  await client.endAsync();
}
