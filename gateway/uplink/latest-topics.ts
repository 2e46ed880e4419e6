import type { MqttClient } from "mqtt";

/** The newest `state` and `twin/reported` of everyone behind this gateway, and what of it the parent does not have yet. */
export class LatestTopics {
  readonly #mayGoUp: (topic: string) => boolean;
  readonly #latest = new Map<string, Uint8Array>();
  readonly #unsent = new Set<string>();
  #client: MqttClient | undefined;
  #underWay = 0;

  constructor(mayGoUp: (topic: string) => boolean) {
    this.#mayGoUp = mayGoUp;
  }

  /** Notes what a topic holds from now on; an empty payload clears it. */
  note(topic: string, payload: Uint8Array): void {
    this.#latest.set(topic, payload);
    this.#unsent.add(topic);
    this.#pump();
  }

  /** Sends everything over a new connection, and what is noted from then on. */
  begin(client: MqttClient): void {
    this.#client = client;
    this.#underWay = 0;
    for (const topic of this.#latest.keys()) this.#unsent.add(topic);
    this.#pump();
  }

  /** The connection has ended. */
  end(): void {
    this.#client = undefined;
  }

  #pump(): void {
    const client = this.#client;
    for (const topic of this.#unsent) {
      if (client === undefined || this.#underWay >= WINDOW) return;
      this.#unsent.delete(topic);
      const payload = this.#latest.get(topic);
      if (payload === undefined || !this.#mayGoUp(topic)) continue;
      this.#underWay += 1;
      client.publish(topic, Buffer.from(payload), { qos: 1, retain: true }, (error) => {
        // A connection that breaks is replaced, and the next one begins with everything.
        if (client !== this.#client || (error !== undefined && error !== null)) return;
        this.#underWay -= 1;
        this.#pump();
      });
    }
  }
}

/** Unacknowledged at a time: a thousand devices' states must not stand in front of what is durable. */
const WINDOW = 16;
