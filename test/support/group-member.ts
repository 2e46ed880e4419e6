import { CONSUMER_GROUPS, type ConsumerGroup, filters, type Stream, topics } from "#contract/topics.ts";
import type { Closer } from "#kit/closer.ts";
import { type ConsumedMessage, connectConsumer } from "#mqtt/consumer-client.ts";
import { aPublish, connectRaw, type RawClient } from "./raw-mqtt.ts";
import type { RunningGateway } from "./test-gateway.ts";

/** The topic of a truck of the demo tenant. */
export const topicOf = (stream: Stream, device = "truck-0") => topics.data({ tenant: "demo", device }, stream);

/** A device's connection. */
export const connectDevice = (gateway: RunningGateway, clientId = "demo:truck-0") =>
  connectRaw(gateway.port, { clientId, token: gateway.tokenOf(clientId) });

/** `count` texts that count upwards. */
export const numbered = (count: number, from = 1) => Array.from({ length: count }, (_, i) => `${from + i}`);

/** Acknowledges nothing. */
export const ignore = () => {};

/** A member of a group that keeps what it got. */
export interface GroupMember extends Closer {
  readonly messages: readonly ConsumedMessage[];
  texts(): string[];
  /** The names of the devices whose messages came. */
  devices(): string[];
}

/** Connects a member of a group, by client `dv:cloud`; it acknowledges at once unless told otherwise. */
export async function consume(
  gateway: RunningGateway,
  group: ConsumerGroup,
  onMessage: (message: ConsumedMessage) => void = (message) => message.acknowledge(),
  name: string = group,
): Promise<GroupMember> {
  const messages: ConsumedMessage[] = [];
  const closer = await connectConsumer({
    url: gateway.url,
    clientId: `dv:cloud:${name}`,
    username: "dv:cloud",
    password: gateway.tokenOf("dv:cloud"),
    filters: CONSUMER_GROUPS[group].map((stream) => filters.shared(group, filters.data(stream))),
    keepaliveS: 30,
    onMessage: (message) => {
      messages.push(message);
      onMessage(message);
    },
    onClose: () => {},
  });
  return {
    messages,
    texts: () => messages.map(({ payload }) => payload.toString()),
    devices: () => [...new Set(messages.map(({ topic }) => topic.split("/")[2] ?? ""))].sort(),
    close: () => closer.close(),
  };
}

/** Publishes texts and waits until they are acknowledged. */
export async function publish(device: RawClient, topic: string, texts: readonly string[]): Promise<void> {
  const before = device.received.filter(({ cmd }) => cmd === "puback").length;
  device.send(...texts.map((text, i) => aPublish(topic, ((before + i) % 65_535) + 1, text)));
  await device.receive("puback", before + texts.length);
}
