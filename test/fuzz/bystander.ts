import type { Closer } from "#kit/closer.ts";
import { wait } from "#kit/wait.ts";
import { aPublish, connectRaw, type RawClient } from "../support/raw-mqtt.ts";
import { until } from "../support/until.ts";
import type { Target } from "./target.ts";

/** A well-behaved client that shall be served whatever others send: it pings and publishes each second. */
export interface Bystander extends Closer {
  readonly rounds: number;
  readonly slowestPingMs: number;
  readonly slowestAcknowledgementMs: number;
  /** What it was not served with, and when, in milliseconds of `performance.now()`. */
  readonly complaints: readonly string[];
}

const EVERY_MS = 1_000;
/** A PINGRESP and a PUBACK may take so long. */
const SERVED_WITHIN_MS = 2_000;

/** Connects the target's bystander and lets it go on until it is closed. */
export async function startBystander({ port, bystander }: Pick<Target, "port" | "bystander">): Promise<Bystander> {
  const client = await connectRaw(port, bystander.login);
  const closing = new AbortController();
  const seen = { rounds: 0, slowestPingMs: 0, slowestAcknowledgementMs: 0, complaints: [] as string[] };
  const timed = async (what: string, answered: () => boolean): Promise<number> => {
    const startMs = performance.now();
    await until(what, () => answered() || client.socket.closed, SERVED_WITHIN_MS);
    if (!answered()) throw new Error(`${what}: the connection was closed`);
    return performance.now() - startMs;
  };
  const round = async () => {
    const messageId = (seen.rounds % 60_000) + 1;
    const pings = countOf(client, "pingresp");
    client.send({ cmd: "pingreq" });
    seen.slowestPingMs = Math.max(
      seen.slowestPingMs,
      await timed("PINGRESP", () => countOf(client, "pingresp") > pings),
    );
    client.send(aPublish(bystander.topic, messageId));
    const isAcknowledged = () => {
      const last = client.received.at(-1);
      return last?.cmd === "puback" && last.messageId === messageId;
    };
    seen.slowestAcknowledgementMs = Math.max(seen.slowestAcknowledgementMs, await timed("PUBACK", isAcknowledged));
    seen.rounds += 1;
  };
  const going = (async () => {
    while (!closing.signal.aborted) {
      const startMs = performance.now();
      try {
        await round();
      } catch (error) {
        if (!closing.signal.aborted) seen.complaints.push(`the bystander was not served: ${String(error)}`);
        return;
      }
      await wait(EVERY_MS - (performance.now() - startMs), closing.signal);
    }
  })();
  return {
    get rounds() {
      return seen.rounds;
    },
    get slowestPingMs() {
      return Math.round(seen.slowestPingMs);
    },
    get slowestAcknowledgementMs() {
      return Math.round(seen.slowestAcknowledgementMs);
    },
    get complaints() {
      return seen.complaints;
    },
    close: async () => {
      closing.abort();
      await going;
      client.socket.destroy();
    },
  };
}

const countOf = ({ received }: RawClient, cmd: string): number => received.filter((it) => it.cmd === cmd).length;
