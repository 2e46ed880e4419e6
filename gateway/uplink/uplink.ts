import { limits } from "#contract/limits.ts";
import type { GatewayState } from "#contract/messages.ts";
import { type Address, clientIdOf, RESERVED_TENANT } from "#contract/names.ts";
import { parseTopic, RECORD_CLASSES, topics } from "#contract/topics.ts";
import type { Journal } from "#journal/journal.ts";
import type { Clock } from "#kit/clock.ts";
import { type Closer, closeAll } from "#kit/closer.ts";
import { every } from "#kit/every.ts";
import type { Logger } from "#kit/logger.ts";
import { type KeptLink, keepLink, type LinkConnection, type LinkLogin, type LinkWork } from "#uplink/kept-link.ts";
import { type SendingWork, sendOver } from "#uplink/send-over.ts";
import type { ParentSettings } from "../../firmware-config/settings/parent-settings.ts";
import type { Broker, PublishedMessage } from "../broker.ts";
import type { RetainedMessages } from "../retained/retained-messages.ts";
import { type Aside, openAside } from "./aside.ts";
import { AsideRounds } from "./aside-rounds.ts";
import { Blame } from "./blame.ts";
import { KnownTopics, takeDown } from "./down-link.ts";
import { createGapRelay } from "./gap-relay.ts";
import { LatestTopics } from "./latest-topics.ts";
import { LiveTopics } from "./live-topics.ts";
import { LoopWatch } from "./loop-watch.ts";
import { parentLogin } from "./parent-login.ts";
import { RefusedBytes } from "./refused-bytes.ts";
import { Tenants } from "./tenants.ts";
import { type UpQueue, upQueue } from "./up-queue.ts";
import type { UplinkStatus } from "./uplink-status.ts";

/** What of the gateway the uplink works with. */
export interface UplinkParts {
  readonly journal: Journal;
  readonly broker: Pick<Broker, "retain" | "onPublished">;
  readonly retained: RetainedMessages;
  readonly clock: Clock;
  readonly random: () => number;
  /** Random, for this run of the gateway. */
  readonly mark: string;
  readonly log: Logger;
}

/** A gateway's way to its parent broker. */
export interface Uplink extends Closer {
  status(): UplinkStatus;
}

/** A ring is a mistake in settings: it is looked at again, seldom, since each look may send what waits once around. */
const LOOP_WAIT_MS = 600_000;
const LOOK_ASIDE_MS = 1_000;
/** States and twins that are left out are tried again so often. */
const FORGIVE_MS = 3_600_000;

/**
 * Carries the journal to the parent over one connection, and over another one everything ordinary: states, twins and live up,
 * what the city tells down. Neither a slow disk here nor a twin that the parent refuses holds what is durable. Rejects with `BadConfig` where a file of the
 * settings cannot be read; a parent that is away is waited for.
 */
export async function startUplink(settings: ParentSettings, parts: UplinkParts): Promise<Uplink> {
  const own = { tenant: RESERVED_TENANT, device: settings.GATEWAY_NAME };
  const login = () => parentLogin(settings, own);
  const { url } = await login();
  const uplink = new ParentUplink(own, { url, login }, settings.PARENT_TENANTS ?? [], parts);
  for (const message of await parts.retained.all()) uplink.note({ ...message, retain: true });
  uplink.start();
  return uplink;
}

/** The parent's address, and how to sign in there: asked for each connection, so that a renewed certificate is shown. */
interface Parent {
  readonly url: string;
  readonly login: () => Promise<Omit<LinkLogin, "clientId">>;
}

class ParentUplink implements Uplink {
  readonly #own: Address;
  readonly #parent: Parent;
  readonly #parts: UplinkParts;
  readonly #tenants: Tenants;
  readonly #aside: Aside;
  readonly #rounds: AsideRounds;
  readonly #latest: LatestTopics;
  readonly #live: LiveTopics;
  readonly #known = new KnownTopics();
  readonly #loops: LoopWatch;
  readonly #blame = new Blame(limits.uplinkWindow);
  readonly #refused = new RefusedBytes();
  readonly #started: Closer[] = [];
  #up: KeptLink | undefined;
  #ordinary: KeptLink | undefined;
  #connection: LinkConnection | undefined;
  #queue: UpQueue | undefined;
  #sending: SendingWork | undefined;
  #sinceMs: number;
  #lastError: string | null = null;

  constructor(own: Address, parent: Parent, tenants: readonly string[], parts: UplinkParts) {
    this.#own = own;
    this.#parent = parent;
    this.#parts = parts;
    this.#tenants = new Tenants(tenants, own);
    this.#aside = openAside(parts.journal, createGapRelay({ ...parts, own }));
    const mayGoNow = (topic: string) => this.#tenants.mayGoNow(topic);
    this.#latest = new LatestTopics(mayGoNow);
    this.#live = new LiveTopics(mayGoNow);
    this.#loops = new LoopWatch(parts.mark);
    this.#sinceMs = parts.clock.nowMs();
    const mayGoUp = (topic: string) => this.#tenants.verdictOn(topic) === "yes";
    this.#rounds = new AsideRounds({ ...parts, aside: this.#aside, refused: this.#refused, mayGoUp });
  }

  start(): void {
    const { broker, random, log } = this.#parts;
    broker.onPublished((message) => this.note(message));
    const login = (connection: string) => async () => {
      return { ...(await this.#parent.login()), clientId: `${clientIdOf(this.#own)}:${connection}` };
    };
    const parent = new URL(this.#parent.url).host;
    const facts = () => ({ parent, pending: this.#lagTotal() });
    this.#up = keepLink({
      login: login("up"),
      presence: { topic: topics.state(this.#own), say: (online) => this.#say(online) },
      begin: (connection) => this.#beginUp(connection),
      onEnded: (code) => this.#endUp(code),
      leastDelayMs: (code) => (code === "loop" ? LOOP_WAIT_MS : 0),
      facts,
      random,
      log,
    });
    this.#ordinary = keepLink({
      login: login("ordinary"),
      begin: (connection) => this.#beginOrdinary(connection),
      facts,
      random,
      log,
    });
    const looking = every(LOOK_ASIDE_MS, () => this.#lookAside(), this.#report);
    const forgiving = every(FORGIVE_MS, async () => this.#latest.forgive(), this.#report);
    this.#started.push(looking, forgiving, this.#ordinary, this.#up);
  }

  status(): UplinkStatus {
    const up = this.#up?.status();
    const ordinary = this.#ordinary?.status();
    return {
      connected: up?.connected ?? false,
      since: this.#sinceMs,
      connections: up?.connections ?? 0,
      trouble: up?.trouble ?? null,
      lastError: this.#lastError,
      lag: this.#lag(),
      aside: this.#aside.count,
      refusedTenants: this.#tenants.refused,
      liveDropped: this.#live.dropped,
      leftOut: this.#latest.leftOut,
      ordinary: { connected: ordinary?.connected ?? false, trouble: ordinary?.trouble ?? null },
    };
  }

  close(): Promise<void> {
    return closeAll(this.#started);
  }

  /** Something was published at this gateway, or lay there retained when it started. */
  note({ topic, payload, retain }: PublishedMessage): void {
    const parsed = parseTopic(topic);
    switch (parsed?.kind) {
      case "live":
        if (this.#tenants.verdictOn(topic) !== "no") this.#live.send(topic, payload);
        break;
      case "state":
        if (parsed.address.tenant === RESERVED_TENANT) this.#noteGateway(topic, payload);
        else if (retain) this.#latest.note(topic, payload);
        break;
      case "reported":
        if (retain) this.#latest.note(topic, payload);
        break;
      case "stored":
      case "desired":
        if (retain) this.#known.note(topic, payload);
        break;
      default:
    }
  }

  #noteGateway(topic: string, payload: Uint8Array): void {
    const before = this.#loops.via.join();
    this.#loops.note(topic, payload);
    if (this.#loops.via.join() === before && !this.#loops.isInLoop) return;
    if (this.#connection !== undefined) this.#announce(this.#connection);
  }

  /** Tells the parent who stands behind this gateway now; in a ring it says no more. */
  #announce({ client, end }: LinkConnection): void {
    if (this.#loops.isInLoop) end("loop", "this gateway stands behind its own parent: look at PARENT_URL of both");
    else client.publish(topics.state(this.#own), this.#say(true), { qos: 1, retain: true });
  }

  #say(online: boolean): string {
    const state: GatewayState = { v: 1, online, tenants: [...this.#tenants.all], via: [...this.#loops.via] };
    return JSON.stringify(state);
  }

  #beginUp(connection: LinkConnection): LinkWork {
    const { journal, clock } = this.#parts;
    this.#connection = connection;
    this.#sinceMs = clock.nowMs();
    if (this.#loops.isInLoop) this.#announce(connection);
    const verdictOn = (topic: string) => this.#tenants.verdictOn(topic);
    const queue = upQueue(journal, { aside: this.#aside, blame: this.#blame, refused: this.#refused, verdictOn });
    this.#queue = queue;
    const onAcknowledged = () => this.#noteAcknowledged(connection);
    const sending = sendOver(connection, { queue, windowSize: this.#blame.windowSize, clock, onAcknowledged });
    this.#sending = sending;
    return {
      isUseful: () => sending.isUseful(),
      close: async () => {
        this.#connection = undefined;
        await sending.close();
      },
    };
  }

  /** What the parent refuses is put aside when a new connection comes to it. */
  #noteAcknowledged(connection: LinkConnection): void {
    const { isChanged, blamed } = this.#blame.acknowledged();
    if (blamed.length > 0) {
      this.#rounds.slowDown();
      const detail = "the parent closes the connection for these records, and takes others: they are put aside";
      this.#parts.log.error({ event: "uplink.record-refused", numbers: blamed }, detail);
    }
    if (isChanged) connection.end("window", "to begin again with another window");
  }

  #endUp(code: string): void {
    const { underWay, acknowledgements } = this.#sending ?? { underWay: [], acknowledgements: 0 };
    if (code.startsWith("broker-")) this.#blame.ended(underWay, acknowledgements);
    this.#sending = undefined;
    this.#sinceMs = this.#parts.clock.nowMs();
    this.#lastError = `${code}: ${this.#up?.status().trouble ?? ""}`;
  }

  /**
   * The other connection: whatever the parent makes of a twin or a state, what is durable does not wait for it. The first
   * thing that it says is for whom it asks, since the answer is who may go up.
   */
  #beginOrdinary(connection: LinkConnection): LinkWork {
    this.#tenants.askAnew();
    const down = takeDown(connection, {
      tenants: this.#tenants.all,
      retain: (message) => this.#parts.broker.retain(message),
      onAnswer: (tenant, isRefused) => this.#noteAnswer(tenant, isRefused),
      known: this.#known,
      onError: this.#report,
    });
    this.#latest.begin(connection.client);
    this.#live.begin(connection.client);
    return {
      isUseful: () => down.isUseful(),
      close: () => {
        this.#latest.end();
        this.#live.end();
        return down.close();
      },
    };
  }

  #noteAnswer(tenant: string, isRefused: boolean): void {
    const isNew = this.#tenants.note(tenant, isRefused);
    this.#latest.lookAgain();
    this.#queue?.lookAgain();
    if (!isNew) return;
    if (!isRefused) {
      this.#rounds.begin();
      return;
    }
    const detail = "the parent does not let this gateway speak for a tenant: its records are put aside until it does";
    this.#parts.log.error({ event: "uplink.tenant-refused", tenant }, detail);
  }

  async #lookAside(): Promise<void> {
    this.#queue?.lookAgain();
    const taken = await this.#rounds.look();
    if (taken > 0) this.#parts.log.info({ event: "uplink.taken-up", taken }, "what lay aside is sent again");
  }

  /** Records of each class that are not cleared. */
  #lag(): Record<string, number> {
    const { pending } = this.#parts.journal.stats();
    return Object.fromEntries(RECORD_CLASSES.map((recordClass) => [recordClass, pending[recordClass] ?? 0]));
  }

  #lagTotal(): number {
    return Object.values(this.#lag()).reduce((sum, count) => sum + count, 0);
  }

  readonly #report = (error: unknown): void => {
    this.#parts.log.error({ event: "uplink.failed", err: error }, "a part of the uplink failed; it is tried again");
  };
}
