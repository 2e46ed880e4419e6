import { systemClock } from "#kit/clock.ts";
import { openOnnxClassifier } from "../../../edge/classify/onnx-classifier.ts";
import { grainyPhoto } from "../../../models/samples/grainy-photo.ts";
import { percentile } from "../percentile.ts";
import { memoryOf, type ProcessMemory } from "./process-memory.ts";

/** Photos in a row, in thirds: whether the last ones take as long, and as much memory, as the first. */
export interface Verdicts {
  readonly first: { readonly wallMs: number; readonly cpuMs: number };
  readonly thirds: readonly Third[];
}

interface Third {
  /** Fewer than asked for where the time was up. */
  readonly photos: number;
  readonly wallMs: Spread;
  readonly cpuMs: Spread;
  /** Of the whole process, after its last photo. */
  readonly memory: ProcessMemory;
}

interface Spread {
  readonly p50: number;
  readonly p99: number;
}

const THIRDS = 3;
/** Fewer say nothing of the slowest ones. */
const LEAST_OF_A_THIRD = 10;

/**
 * Judges photos of 1280 px, from JPEG bytes to the verdict, one after the other; each third ends after its share of `withinMs`,
 * so that a busy machine gives fewer photos and not no answer.
 */
export async function measureVerdicts(modelFolder: string, photos: number, withinMs: number): Promise<Verdicts> {
  const jpegs = await Promise.all([1, 2, 3, 4].map((seed) => grainyPhoto(seed, 1280, 960)));
  const classifier = await openOnnxClassifier(`${modelFolder}/manifest.json`, systemClock);
  const judge = async (i: number) => {
    const cpu = process.cpuUsage();
    const startMs = performance.now();
    await classifier.classify(jpegs[i % jpegs.length] ?? Buffer.of());
    const { user, system } = process.cpuUsage(cpu);
    return { wallMs: performance.now() - startMs, cpuMs: (user + system) / 1000 };
  };
  const first = await judge(0);
  const thirds: Third[] = [];
  for (let third = 0; third < THIRDS; third += 1) {
    const took: { wallMs: number; cpuMs: number }[] = [];
    const endMs = performance.now() + withinMs / THIRDS;
    for (let i = 0; i < photos / THIRDS; i += 1) {
      if (i >= LEAST_OF_A_THIRD && performance.now() > endMs) break;
      took.push(await judge(i));
    }
    const spread = (values: readonly number[]) => ({ p50: percentile(values, 50), p99: percentile(values, 99) });
    thirds.push({
      photos: took.length,
      wallMs: spread(took.map(({ wallMs }) => wallMs)),
      cpuMs: spread(took.map(({ cpuMs }) => cpuMs)),
      memory: memoryOf(process.pid),
    });
  }
  await classifier.close();
  return { first, thirds };
}
