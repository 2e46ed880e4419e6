/**
 * Gives the classifier so many spoilt JPEGs, each made from a seed, and prints what became of them as JSON: COUNT SEED.
 * Ends with 1 where something else than a verdict or `photo-unreadable` came out.
 */
import { stdout } from "node:process";
import { systemClock } from "#kit/clock.ts";
import { codeOf } from "#kit/errors.ts";
import { openOnnxClassifier } from "../../../edge/classify/onnx-classifier.ts";
import { type Random, randomFrom, whole } from "../../../models/random.ts";
import { drawSite } from "../../../models/samples/drawn-site.ts";

/** Bytes changed, cut out, doubled or swapped: in the header as often as in the coded data. */
function mutate(jpeg: Uint8Array, random: Random): Buffer {
  let bytes = Buffer.from(jpeg);
  const place = () => whole(random, 2, random() < 0.5 ? Math.min(700, bytes.length - 1) : bytes.length - 1);
  for (let change = whole(random, 1, 6); change > 0; change -= 1) {
    const at = place();
    const length = Math.min(whole(random, 1, 64), bytes.length - at);
    const piece = bytes.subarray(at, at + length);
    const [before, after] = [bytes.subarray(0, at), bytes.subarray(at + length)];
    switch (whole(random, 0, 4)) {
      case 0:
        bytes = Buffer.concat([before, after]);
        break;
      case 1:
        bytes = Buffer.concat([before, piece, piece, after]);
        break;
      case 2:
        bytes = Buffer.concat([before, Buffer.of(0xff, whole(random, 0xc0, 0xfe)), piece, after]);
        break;
      default:
        bytes[at] = whole(random, 0, 255);
    }
  }
  return bytes;
}

const [, , count = "100", seed = "1"] = process.argv;
const classifier = await openOnnxClassifier("models/waste-site/manifest.json", systemClock);
const photo = await drawSite({ seed: 1, state: "overflow", widthPx: 160, heightPx: 120 });
const random = randomFrom(Number(seed));
const outcomes: Record<string, number> = {};
let slowestMs = 0;
for (let i = 0; i < Number(count); i += 1) {
  const startedMs = performance.now();
  const outcome = await classifier.classify(mutate(photo, random)).then(
    ({ state }) => state,
    (error: unknown) => codeOf(error),
  );
  slowestMs = Math.max(slowestMs, performance.now() - startedMs);
  outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
}
await classifier.close();
const memoryMb = Math.round(process.resourceUsage().maxRSS / 1024);
stdout.write(JSON.stringify({ outcomes, slowestMs: Math.round(slowestMs), memoryMb }));
