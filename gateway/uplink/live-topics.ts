import type { MqttClient } from "mqtt";

/** More than this waits for nothing that is live: it would come late, in front of what is durable. */
const UNSENT_BYTES = 64 * 1024;

/** Live messages on their way up: QoS 0, and dropped where there is no way for them at once. */
export class LiveTopics {
  readonly #mayGoNow: (topic: string) => boolean;
  #client: MqttClient | undefined;
  /** Messages that were not sent, since the start. */
  dropped = 0;

  constructor(mayGoNow: (topic: string) => boolean) {
    this.#mayGoNow = mayGoNow;
  }

  begin(client: MqttClient): void {
    this.#client = client;
  }

  end(): void {
    this.#client = undefined;
  }

  send(topic: string, payload: Uint8Array): void {
    const client = this.#client;
    const hasWay = client?.connected === true && client.stream.writableLength <= UNSENT_BYTES;
    if (!hasWay || !this.#mayGoNow(topic)) this.dropped += 1;
    else client.publish(topic, Buffer.from(payload), { qos: 0 });
  }
}
