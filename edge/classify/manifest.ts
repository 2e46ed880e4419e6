import { z } from "zod";
import { SiteState } from "#contract/messages.ts";
import { Sha256 } from "#contract/names.ts";

const Probability = z.number().min(0).max(1);

const FileName = z.string().regex(/^[\w.-]+$/);

/** What a device must see with the model before it trusts it; times and memory are measured on the device. */
export const SelfTest = z.looseObject({
  /** Photos in the manifest's folder, with the verdict that each must get. */
  samples: z
    .array(z.object({ file: FileName, state: SiteState }))
    .min(1)
    .max(20),
  /** The slowest of fifty photos may take so long. */
  p99Ms: z.number().positive(),
  /** The most resident memory of a process that does nothing else. */
  memoryMb: z.number().positive(),
});
export type SelfTest = z.infer<typeof SelfTest>;

/** One file of the network. */
export const Network = z.object({ file: FileName, sha256: Sha256, bytes: z.number().int().min(1) });
export type Network = z.infer<typeof Network>;

/** What `models/waste-site/manifest.json` says of the model file beside it. */
export const ModelManifest = z.looseObject({
  name: z.string().min(1),
  version: z.string().min(1),
  /** Grows with each release; a device never goes back to a smaller one by itself. */
  counter: z.number().int().min(1),
  /** Name of the model file, in the manifest's folder. */
  file: FileName,
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
  /** The same network in another precision: a device takes whichever is faster on it and sees the samples right. */
  variants: z.array(Network).max(3).optional(),
  /** Without it the model may be installed, but does not come as an update. */
  selfTest: SelfTest.optional(),
});
export type ModelManifest = z.infer<typeof ModelManifest>;

/** All files of the network, the one that is taken where nothing was measured first. */
export const networksOf = ({ file, sha256, bytes, variants = [] }: ModelManifest): readonly Network[] => [
  { file, sha256, bytes },
  ...variants,
];
