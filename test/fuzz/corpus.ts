import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { generate } from "mqtt-packet";
import { bytesOfWords } from "../real/mqtt/payload-words.ts";
import { readSequences } from "../real/mqtt/sequence-files.ts";
import { ROOT } from "../support/program.ts";
import { aPublish } from "../support/raw-mqtt.ts";

/** A folder of byte sequences beside the checkout; `MQTT_SEQUENCES` names another one. */
const FOLDER = resolve(process.env.MQTT_SEQUENCES ?? join(ROOT, "../shared/mqtt-vectors"));

/** What clients send in the sequences at hand, piece by piece; nothing where there are none. */
export async function readCorpus(): Promise<readonly (readonly Buffer[])[]> {
  if (!existsSync(FOLDER)) return [];
  const sequences = await readSequences(FOLDER);
  const all = sequences.map(({ steps }) =>
    steps.flatMap((step) => {
      switch (step.type) {
        case "send":
          return [bytesOfWords(step.payload)];
        case "subscribe":
          return [generate({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: step.topic, qos: step.qos }] })];
        case "unsubscribe":
          return [generate({ cmd: "unsubscribe", messageId: 1, unsubscriptions: [step.topic] })];
        case "external_publish":
          return [generate({ ...aPublish(step.topic, 1, step.payload, step.qos), retain: step.retain })];
        case "recv":
          return [];
        default:
          return step satisfies never;
      }
    }),
  );
  return all.filter((pieces) => pieces.length > 0);
}
