import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { JsonText } from "#kit/json-text.ts";
import { runProgram } from "#kit/run-program.ts";
import { measuringProgram } from "../../edge/update/check-model.ts";
import { grainyPhoto } from "../samples/grainy-photo.ts";

const PROGRAM = join(import.meta.dirname, "latency-main.ts");
const WITHIN_MS = 10 * 60_000;

/** Times in milliseconds, and what the process held. */
export const Timed = z.object({
  n: z.number(),
  p50: z.number(),
  p90: z.number(),
  p99: z.number(),
  /** Processor time of one: unlike the others it hardly grows when other programs want the cores, too. */
  cpu: z.number(),
  /** Resident memory at the end, and the most there ever was, in MiB. */
  residentMb: z.number(),
  peakMb: z.number(),
});
export type Timed = z.infer<typeof Timed>;

const Networks = z.array(z.object({ p50: z.number(), p99: z.number() }));

/** What a verdict costs on this machine, one thread. */
export interface Latency {
  /** From JPEG bytes to a verdict. */
  readonly verdicts: readonly (Timed & { readonly what: string; readonly kilobytes: number })[];
  /** The network alone, from tensor to outputs; the two in turns. */
  readonly int8: { readonly p50: number; readonly p99: number };
  readonly fp32: { readonly p50: number; readonly p99: number } | null;
}

const SIZES = [
  { what: "1280×960 (1.2 MP)", widthPx: 1280, heightPx: 960, seeds: [1, 2, 3], n: 200 },
  { what: "4056×3040 (12 MP)", widthPx: 4056, heightPx: 3040, seeds: [1], n: 20 },
] as const;

/**
 * Measures in processes of their own, which hold memory as the device's program does (small heap, one arena).
 *
 * The photos are drawn, with grain, so that it can be repeated anywhere; `fp32` is the path of that network.
 */
export async function measureLatency(
  modelFolder: string,
  fp32: string | undefined,
  signal: AbortSignal,
): Promise<Latency> {
  const folder = await mkdtemp(join(tmpdir(), "dvornik-latency-"));
  try {
    const verdicts = [];
    for (const { what, n, seeds, ...size } of SIZES) {
      const files: string[] = [];
      let bytes = 0;
      for (const seed of seeds) {
        const jpeg = await grainyPhoto(seed, size.widthPx, size.heightPx);
        const file = join(folder, `${size.widthPx}-${seed}.jpg`);
        await writeFile(file, jpeg);
        files.push(file);
        bytes += jpeg.length;
      }
      const timed = JsonText.pipe(Timed).parse(await run(["verdicts", modelFolder, String(n), ...files], signal));
      verdicts.push({ what, kilobytes: Math.round(bytes / seeds.length / 1000), ...timed });
    }
    const networks = await run(["networks", modelFolder, ...(fp32 === undefined ? [] : [fp32])], signal);
    const [int8, other] = JsonText.pipe(Networks).parse(networks);
    if (int8 === undefined) throw new Error("the network alone was not measured");
    return { verdicts, int8, fp32: other ?? null };
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function run(args: readonly string[], signal: AbortSignal): Promise<string> {
  const [, modelFolder = ""] = args;
  const program = measuringProgram(modelFolder, "");
  const { status, output, complaints } = await runProgram(
    { ...program, args: [PROGRAM, ...args], withinMs: WITHIN_MS },
    signal,
  );
  if (status !== 0) throw new Error(`measuring times failed: ${complaints.trim()}`);
  return output.toString("utf8");
}
