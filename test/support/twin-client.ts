import mqtt from "mqtt";
import { onTestFinished } from "vitest";
import { makeKeyPair } from "#contract/ed25519.ts";
import type { DeviceState } from "#contract/messages.ts";
import { type Address, clientIdOf } from "#contract/names.ts";
import { topics } from "#contract/topics.ts";
import { Desired, type Reported } from "#contract/twin.ts";

/** A device as far as its twin goes: it shows itself, hears what is wanted and says what is in force. */
export interface TwinClient {
  /** Every desired twin that it has heard, oldest first. */
  readonly heard: readonly Desired[];
  report(change: Partial<Reported>): Promise<void>;
  publishReported(payload: string | Buffer): Promise<void>;
  close(): Promise<void>;
}

/** Connects a device to a real gateway; it is disconnected when the test has finished. */
export async function connectTwinClient(
  gateway: { readonly url: string; tokenOf(clientId: string): string },
  address: Address,
): Promise<TwinClient> {
  const clientId = clientIdOf(address);
  const client = await mqtt.connectAsync(gateway.url, {
    clientId,
    username: clientId,
    password: gateway.tokenOf(clientId),
    reconnectPeriod: 100,
  });
  onTestFinished(() => client.endAsync(true));
  const heard: Desired[] = [];
  client.on("message", (_topic, payload) => heard.push(Desired.parse(JSON.parse(payload.toString()))));
  const retained = { qos: 1, retain: true } as const;
  const { publicKey } = makeKeyPair();
  const state: DeviceState = { v: 1, online: true, boot: "boot-1", software: "0.1.0", model: null, publicKey };
  await client.publishAsync(topics.state(address), JSON.stringify(state), retained);
  await client.subscribeAsync(topics.desired(address), { qos: 1 });
  const publishReported = async (payload: string | Buffer) =>
    void (await client.publishAsync(topics.reported(address), payload, retained));
  return {
    heard,
    report: (change) => {
      const none = { v: 1, rev: null, boot: "boot-1", settings: {}, refused: [], onTrial: false, updates: [] } as const;
      return publishReported(JSON.stringify({ ...none, ...change }));
    },
    publishReported,
    close: async () => client.endAsync(true),
  };
}
