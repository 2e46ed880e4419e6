import type { MqttClient } from "mqtt";

/** Unacknowledged at a time. */
const WINDOW = 16;
/** A topic that was under way at the end of so many connections is left out: the parent may have ended them for it. */
const MOST_STRIKES = 5;

/**
 * The newest `state` and `twin/reported` of everyone behind this gateway, and what of it the parent does not have yet:
 * everything once, then what changed here since the parent acknowledged it. Whoever is silent here may speak elsewhere by
 * now, and what it said here must not replace that.
 *
 * A connection that ends may have ended for what was under way (a twin that is too large for the parent): such topics go
 * last and alone over the next ones, and are left out after a few, until they change or are forgiven.
 */
export class LatestTopics {
  readonly #mayGoNow: (topic: string) => boolean;
  readonly #latest = new Map<string, Uint8Array>();
  readonly #unsent = new Set<string>();
  readonly #underWay = new Set<string>();
  readonly #strikes = new Map<string, number>();
  #client: MqttClient | undefined;

  constructor(mayGoNow: (topic: string) => boolean) {
    this.#mayGoNow = mayGoNow;
  }

  /** Topics that are left out. */
  get leftOut(): number {
    return [...this.#strikes.values()].filter((strikes) => strikes >= MOST_STRIKES).length;
  }

  /** Notes what a topic holds from now on; an empty payload clears it. */
  note(topic: string, payload: Uint8Array): void {
    this.#latest.set(topic, payload);
    this.#strikes.delete(topic);
    this.#unsent.add(topic);
    this.#pump();
  }

  /** Tries again what was left out. */
  forgive(): void {
    for (const topic of this.#strikes.keys()) this.#unsent.add(topic);
    this.#strikes.clear();
    this.#pump();
  }

  /** What may go now has changed. */
  lookAgain(): void {
    this.#pump();
  }

  /** Sends over a new connection what the parent has not acknowledged yet, and what is noted from then on. */
  begin(client: MqttClient): void {
    this.#client = client;
    this.#pump();
  }

  /** The connection has ended. */
  end(): void {
    this.#client = undefined;
    for (const topic of this.#underWay) {
      this.#strikes.set(topic, (this.#strikes.get(topic) ?? 0) + 1);
      this.#unsent.add(topic);
    }
    this.#underWay.clear();
  }

  #pump(): void {
    const client = this.#client;
    if (client === undefined) return;
    for (let topic = this.#next(); topic !== undefined; topic = this.#next()) this.#send(client, topic);
  }

  #send(client: MqttClient, topic: string): void {
    this.#unsent.delete(topic);
    this.#underWay.add(topic);
    const payload = Buffer.from(this.#latest.get(topic) ?? new Uint8Array());
    client.publish(topic, payload, { qos: 1, retain: true }, (error) => {
      // A connection that breaks is replaced, and the next one begins with what was under way.
      if (client !== this.#client || (error !== undefined && error !== null)) return;
      this.#underWay.delete(topic);
      this.#strikes.delete(topic);
      this.#pump();
    });
  }

  /** The topic to send now: one without a strike where there is room, else one with strikes, alone. */
  #next(): string | undefined {
    const isSuspectUnderWay = [...this.#underWay].some((topic) => this.#strikes.has(topic));
    if (this.#underWay.size >= WINDOW || isSuspectUnderWay) return undefined;
    let suspect: string | undefined;
    for (const topic of this.#unsent) {
      // What is under way and has changed goes out after its answer, so that the newest is the last.
      if (!this.#mayGoNow(topic) || this.#underWay.has(topic)) continue;
      const strikes = this.#strikes.get(topic);
      if (strikes === undefined) return topic;
      if (strikes < MOST_STRIKES) suspect ??= topic;
    }
    return this.#underWay.size === 0 ? suspect : undefined;
  }
}
