import mqtt from "mqtt";
import { onTestFinished } from "vitest";
import { type Address, clientIdOf } from "#contract/names.ts";
import { topics } from "#contract/topics.ts";
import { Reported } from "#contract/twin.ts";
import { until } from "../../../support/until.ts";

/** The cloud's end of a twin, at any broker. */
export interface City {
  /** Publishes a twin, retained; only what differs from an empty one of version 1 is named. */
  want(rev: number, settings: Readonly<Record<string, unknown>>): Promise<void>;
  /** Publishes these bytes in its place. */
  wantBytes(bytes: Buffer | string): Promise<void>;
  /** Everything that the device has reported, oldest first. */
  readonly reported: readonly Reported[];
  /** Waits until the newest report is so, and gives it. */
  untilReported(what: string, isSo: (reported: Reported) => boolean, timeoutMs?: number): Promise<Reported>;
}

/** Connects the city at a broker; it leaves when the test has finished. */
export async function connectCity(
  broker: { readonly url: string; tokenOf?(clientId: string): string },
  device: Address,
  name: Address = { tenant: "dv", device: "cloud" },
): Promise<City> {
  const password = broker.tokenOf?.(clientIdOf(name));
  const client = await mqtt.connectAsync(broker.url, {
    clientId: clientIdOf(name),
    username: clientIdOf(name),
    reconnectPeriod: 100,
    ...(password !== undefined && { password }),
  });
  onTestFinished(() => client.endAsync(true));
  const reported: Reported[] = [];
  client.on("message", (_topic, payload) => reported.push(Reported.parse(JSON.parse(payload.toString()))));
  await client.subscribeAsync(topics.reported(device), { qos: 1 });
  const wantBytes = async (bytes: Buffer | string) =>
    void (await client.publishAsync(topics.desired(device), bytes, { qos: 1, retain: true }));
  return {
    want: (rev, settings) => wantBytes(JSON.stringify({ v: 1, rev, settings, updates: [] })),
    wantBytes,
    reported,
    untilReported: (what, isSo, timeoutMs = 30_000) =>
      until(
        what,
        () => {
          const newest = reported.at(-1);
          return newest !== undefined && isSo(newest) ? newest : undefined;
        },
        timeoutMs,
      ),
  };
}
