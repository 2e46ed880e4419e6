import type { z } from "zod";
import { limits } from "#contract/limits.ts";
import { DeviceState, Stored } from "#contract/messages.ts";
import type { Address } from "#contract/names.ts";
import { topics } from "#contract/topics.ts";
import type { Clock } from "#kit/clock.ts";
import { codeOf } from "#kit/errors.ts";
import type { Logger } from "#kit/logger.ts";
import { keepLink, type LinkConnection, type LinkWork } from "#uplink/kept-link.ts";
import { sendOver } from "#uplink/send-over.ts";
import type { Counters } from "../health/counters.ts";
import type { Keepalive } from "../outbox/burst-outbox.ts";
import type { Outbox } from "../outbox/outbox.ts";
import type { Twin } from "../twin/twin.ts";
import { hearTopics } from "./hear-topics.ts";
import type { SignIn } from "./sign-in.ts";
import { countTraffic } from "./traffic.ts";
import { countTurnedAway } from "./turned-away.ts";
import type { Uplink } from "./uplink.ts";

/** A device's `state` but for whether it is online. */
export const DeviceFacts = DeviceState.omit({ online: true });
export type DeviceFacts = z.infer<typeof DeviceFacts>;

/** What an uplink needs. */
export interface MqttUplinkOptions {
  readonly signIn: Pick<SignIn, "login" | "onNew" | "doubt">;
  readonly address: Address;
  readonly outbox: Outbox;
  readonly twin: Pick<Twin, "want" | "wantTooLarge" | "begin" | "onReconnect">;
  /** How long a connection may be without a word; a change opens a new one. */
  readonly keepalive?: Keepalive;
  /** What is published, retained, with each connection; the last will says the same with `online: false`. */
  readonly state: () => DeviceFacts;
  readonly clock: Clock;
  readonly random: () => number;
  readonly counters: Counters;
  readonly log: Logger;
}

/** Keeps a connection to the broker, sends the outbox over it, and hears what the city has of it and what it wants. */
export function startMqttUplink(options: MqttUplinkOptions): Uplink {
  const { signIn, address, outbox, twin, keepalive, state, clock, random, counters, log } = options;
  const turnedAway = countTurnedAway();
  const traffic = countTraffic();
  let stored: Stored | null = null;
  let said = "";
  const sayState = (online: boolean) => {
    const facts = state();
    said = JSON.stringify(facts);
    return JSON.stringify({ ...facts, online });
  };
  const onStored = (payload: Uint8Array) => {
    stored = storedOf(payload, outbox.log) ?? stored;
  };
  const listeners = new Map([
    [topics.stored(address), onStored],
    [topics.desired(address), twin.want],
  ]);
  const hearing = hearTopics(listeners, clock);
  const begin = (connection: LinkConnection): LinkWork => {
    const stopHearing = hearing.over(connection);
    const onUnreadable = (error: unknown) => counters.count(codeOf(error));
    const uncount = traffic.watch(connection.client);
    const sending = sendOver(connection, { queue: outbox, windowSize: limits.uplinkWindow, clock, onUnreadable });
    const stopTalking = twin.begin((text, onAcknowledged) => {
      connection.client.publish(topics.reported(address), text, { qos: 1, retain: true }, (error) => {
        if (error === null || error === undefined) onAcknowledged();
      });
    });
    return {
      isUseful: sending.isUseful,
      close: async () => {
        stopTalking();
        stopHearing();
        uncount();
        await sending.close();
      },
    };
  };
  const link = keepLink({
    login: async () => {
      const keepaliveS = keepalive?.seconds();
      return { ...(await signIn.login()), ...(keepaliveS !== undefined && { keepaliveS }) };
    },
    presence: { topic: topics.state(address), say: sayState },
    begin,
    onEnded: (code) => {
      counters.count(code);
      if (turnedAway.isDoubtful(code, link.status().connections)) signIn.doubt();
    },
    onTooLarge: ({ topic, packetBytes }) => {
      hearing.rest(topic);
      if (topic === topics.desired(address)) twin.wantTooLarge(packetBytes);
    },
    facts: () => ({ pending: outbox.pending().total }),
    random,
    log,
  });
  signIn.onNew(() => link.reconnect());
  keepalive?.onChange(() => link.reconnect());
  twin.onReconnect(() => link.reconnect());
  return {
    status: () => ({ ...link.status(), stored, traffic: traffic.total() }),
    tellState: () => {
      if (said !== "" && said !== JSON.stringify(state())) link.reconnect();
    },
    close: () => link.close(),
  };
}

/** What the city has of this log; undefined where it speaks of another one, or cannot be read: the next one replaces it. */
function storedOf(payload: Uint8Array, log: string): Stored | undefined {
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(payload).toString("utf8"));
  } catch {
    return undefined;
  }
  const stored = Stored.safeParse(json);
  return stored.success && stored.data.log === log ? stored.data : undefined;
}
