import { z } from "zod";
import { Sha256 } from "#contract/names.ts";

const Probability = z.number().min(0).max(1);

/** What `models/waste-site/manifest.json` says of the model file beside it. */
export const ModelManifest = z.looseObject({
  name: z.string().min(1),
  version: z.string().min(1),
  /** Grows with each release; a device never goes back to a smaller one by itself. */
  counter: z.number().int().min(1),
  /** Name of the model file, in the manifest's folder. */
  file: z.string().regex(/^[\w.-]+$/),
  sha256: Sha256,
  bytes: z.number().int().min(1),
  /** Oldest software that can run it. */
  minSoftware: z.string().min(1),
  input: z.object({
    name: z.string().min(1),
    width: z.number().int().min(1),
    height: z.number().int().min(1),
    layout: z.literal("NCHW"),
    colour: z.literal("RGB"),
    /** Of bytes 0 to 255: (value - mean) / std. */
    mean: z.number(),
    std: z.number().positive(),
    /** The whole picture stretched by area averaging, see preprocess.ts. */
    resize: z.literal("stretch-area"),
  }),
  output: z.object({ name: z.string().min(1), kind: z.literal("logits") }),
  /** Order of the outputs. */
  labels: z.tuple([z.literal("clean"), z.literal("overflow"), z.literal("scattered"), z.literal("not_a_site")]),
  /** Smallest probability of the best class with which the verdict is not `unsure`. */
  thresholds: z.object({
    clean: Probability,
    overflow: Probability,
    scattered: Probability,
    not_a_site: Probability,
  }),
});
export type ModelManifest = z.infer<typeof ModelManifest>;
