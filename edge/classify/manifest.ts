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
export const NetworkFile = z.object({ file: FileName, sha256: Sha256, bytes: z.number().int().min(1) });
export type NetworkFile = z.infer<typeof NetworkFile>;

/** How a picture becomes the network's input; see preprocess.ts for what the words mean. */
export const ModelInput = z.object({
  name: z.string().min(1),
  width: z.number().int().min(1),
  height: z.number().int().min(1),
  layout: z.literal("NCHW"),
  colour: z.literal("RGB"),
  /** Of bytes 0 to 255: (value - mean) / std. */
  mean: z.number(),
  std: z.number().positive(),
  resize: z.enum(["stretch-area", "letterbox-area"]),
  /** Grey value, 0 to 255, beside a letterboxed picture. */
  pad: z.number().min(0).max(255).default(127),
});
export type ModelInput = z.infer<typeof ModelInput>;

/** Divides a logit before the sigmoid, so that the probability holds on photos that the training has not seen. */
const Temperature = z.number().positive().max(100);

/** What `models/waste-site/manifest.json` says of the model file beside it. */
const WasteSiteModel = z.looseObject({
  /** What the model is for: a device takes the one for its own purpose. Another purpose has another schema here. */
  purpose: z.literal("waste-site"),
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
  input: ModelInput,
  /** Names of the network's outputs: `answers` [1,4], `embedding` [1,E], `heat` [1,h,w], `local` [1,C,h,w]; float32. */
  outputs: z.object({
    answers: z.string().min(1),
    embedding: z.string().min(1),
    heat: z.string().min(1),
    local: z.string().min(1),
  }),
  /** A tree: overflow is meant given a site, scattered given a site that does not overflow; usable stands beside it. */
  answers: z.tuple([z.literal("site"), z.literal("overflow"), z.literal("scattered"), z.literal("usable")]),
  temperatures: z.object({
    site: Temperature,
    overflow: Temperature,
    scattered: Temperature,
    usable: Temperature,
  }),
  /** Smallest probability of the best class with which the verdict is not `unsure`: the abstain. */
  thresholds: z.object({
    clean: Probability,
    overflow: Probability,
    scattered: Probability,
    not_a_site: Probability,
    /** A photo that is less likely usable than this is `unusable`; a sharp one may be less, a soft one must be more (usable.ts). */
    usable: Probability,
  }),
  /** The same network in another precision: a device takes whichever is faster on it and sees the samples right. */
  variants: z.array(NetworkFile).max(3).optional(),
  /** Without it the model may be installed, but does not come as an update. */
  selfTest: SelfTest.optional(),
});

/** The manifest of a model of any purpose that this program knows. */
export const ModelManifest = z.discriminatedUnion("purpose", [WasteSiteModel]);
export type ModelManifest = z.infer<typeof ModelManifest>;

/** All files of the network, the one that is taken where nothing was measured first. */
export const networksOf = ({ file, sha256, bytes, variants = [] }: ModelManifest): readonly NetworkFile[] => [
  { file, sha256, bytes },
  ...variants,
];
