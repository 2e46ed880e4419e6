import { createHash } from "node:crypto";
import { filters, parseTopic } from "#contract/topics.ts";
import { messageOf } from "#kit/errors.ts";
import { every } from "#kit/every.ts";
import type { LinkConnection, LinkWork } from "#uplink/kept-link.ts";
import { RetainedFull } from "../retained/retained-budget.ts";

/** What comes down, and where it goes. */
export interface DownParts {
  readonly tenants: readonly string[];
  /** Publishes retained at this gateway; on disk when it resolves. */
  readonly retain: (message: { topic: string; payload: Buffer; qos: 1 }) => Promise<void>;
  /** The parent grants what is told to a tenant's devices, or refuses it. */
  readonly onAnswer: (tenant: string, isRefused: boolean) => void;
  readonly known: KnownTopics;
  readonly onError: (error: unknown) => void;
}

/** A tenant that was refused is asked for again: rights may be given later. */
const ASK_AGAIN_MS = 60_000;

/**
 * Subscribes at the parent to `stored` and `twin/desired` of all tenants and publishes what comes, retained, at this
 * gateway. The parent gets its PUBACK when it is on disk here; a disk that does not take it ends the connection.
 */
export function takeDown({ client, end }: LinkConnection, parts: DownParts): LinkWork {
  const { tenants, retain, onAnswer, known, onError } = parts;
  let isUseful = false;
  const refused = new Set<string>();
  client.handleMessage = (packet, done) => {
    if (packet.cmd !== "publish") {
      done();
      return;
    }
    const topic = packet.topic.toString();
    const payload = Buffer.from(packet.payload);
    if (!isWanted(topic, tenants) || known.has(topic, payload)) {
      done();
      return;
    }
    retain({ topic, payload, qos: 1 }).then(
      () => done(),
      (error: unknown) => {
        // There is no room here: the others go on, and this one comes again with the next connection.
        if (error instanceof RetainedFull) done();
        else end("not-retained", messageOf(error));
      },
    );
  };
  // All in one packet: its answer comes before anything retained, which a full disk here would not take.
  const ask = (wanted: readonly string[]) => {
    if (wanted.length === 0) return;
    const asked = wanted.flatMap((tenant) => [filters.stored(tenant), filters.desired(tenant)]);
    client.subscribe(asked, { qos: 1 }, (_error, _wanted, suback) => {
      // No SUBACK: the connection has ended.
      if (suback === undefined) return;
      for (const [i, tenant] of wanted.entries()) {
        const isRefused = [suback.granted[2 * i], suback.granted[2 * i + 1]].some((code) => !isGrant(code));
        isUseful ||= !isRefused;
        if (isRefused) refused.add(tenant);
        else refused.delete(tenant);
        onAnswer(tenant, isRefused);
      }
    });
  };
  ask(tenants);
  const asking = every(ASK_AGAIN_MS, async () => ask([...refused]), onError);
  return { isUseful: () => isUseful, close: () => asking.close() };
}

/** A quality of service; 0x80 is a refusal (MQTT 3.1.1, 3.9.3). */
const isGrant = (code: unknown): boolean => typeof code === "number" && code < 0x80;

function isWanted(topic: string, tenants: readonly string[]): boolean {
  const parsed = parseTopic(topic);
  return (parsed?.kind === "stored" || parsed?.kind === "desired") && tenants.includes(parsed.address.tenant);
}

/** What topics of this gateway hold already, by hash: a parent tells everything again after each reconnect. */
export class KnownTopics {
  readonly #hashes = new Map<string, string>();

  note(topic: string, payload: Uint8Array): void {
    if (payload.length === 0) this.#hashes.delete(topic);
    else this.#hashes.set(topic, hashOf(payload));
  }

  has(topic: string, payload: Uint8Array): boolean {
    return payload.length > 0 && this.#hashes.get(topic) === hashOf(payload);
  }
}

const hashOf = (payload: Uint8Array): string => createHash("sha256").update(payload).digest("base64");
