import { InferenceSession, Tensor } from "onnxruntime-node";
import { z } from "zod";
import type { Closer } from "#kit/closer.ts";
import { releaseBytes } from "#kit/release-bytes.ts";
import type { HeatMap, LocalMap } from "./classifier.ts";
import { heatOfPhoto } from "./heat.ts";
import type { ModelManifest } from "./manifest.ts";
import { type Fitted, toTensor } from "./preprocess.ts";
import type { Answers } from "./verdict.ts";

/** How a network runs on a device; a benchmark of one runs it the same way. */
export const SESSION = {
  executionProviders: ["cpu"],
  executionMode: "sequential",
  // The device has four slow cores and other work; one picture takes few milliseconds on one of them.
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  graphOptimizationLevel: "all",
  // One picture now and then: what it needs is given back behind it, not kept for the next.
  enableCpuMemArena: false,
  enableMemPattern: false,
} satisfies InferenceSession.SessionOptions;

/** Everything that one forward pass says of a picture. */
export interface Seen {
  readonly answers: Answers;
  readonly embedding: Float32Array;
  readonly heat: HeatMap;
  readonly local: LocalMap;
}

/** A loaded network. */
export interface Network extends Closer {
  look(fitted: Fitted): Promise<Seen>;
}

const MAX_EMBEDDING = 128;
const MAX_CHANNELS = 32;
const MAX_SIDE_CELLS = 32;
const Side = z.number().int().min(1).max(MAX_SIDE_CELLS);

const One = z.literal(1);
const SHAPES = {
  answers: z.tuple([One, z.literal(4)]),
  embedding: z.tuple([One, z.number().int().min(1).max(MAX_EMBEDDING)]),
  heat: z.tuple([One, Side, Side]),
  local: z.tuple([One, z.number().int().min(1).max(MAX_CHANNELS), Side, Side]),
};

const Output = z
  .object({ data: z.instanceof(Float32Array), dims: z.array(z.number()) })
  .refine(({ data, dims }) => data.length === dims.reduce((all, side) => all * side, 1), "values do not fill the shape")
  .refine(({ data }) => data.every(Number.isFinite), "not every value is a number");

/**
 * Loads a network and looks at one grey picture with it, so that a file whose outputs are not those of its manifest is
 * refused here. Rejects with what the runtime or the schema says.
 */
export async function openNetwork(bytes: Uint8Array, manifest: ModelManifest): Promise<Network> {
  const { input, outputs } = manifest;
  const session = await InferenceSession.create(bytes, SESSION);

  async function look({ picture, photo }: Fitted): Promise<Seen> {
    const values = toTensor(picture, input.mean, input.std);
    const tensor = new Tensor("float32", values, [1, 3, input.height, input.width]);
    const answered = await session.run({ [input.name]: tensor });
    releaseBytes(values);
    const answers = Output.parse(answered[outputs.answers]);
    const embedding = Output.parse(answered[outputs.embedding]);
    const heat = Output.parse(answered[outputs.heat]);
    const local = Output.parse(answered[outputs.local]);
    SHAPES.answers.parse(answers.dims);
    SHAPES.embedding.parse(embedding.dims);
    const [, heatRows, heatColumns] = SHAPES.heat.parse(heat.dims);
    const [, channels, heightCells, widthCells] = SHAPES.local.parse(local.dims);
    const [site = 0, overflow = 0, scattered = 0, usable = 0] = answers.data;
    return {
      answers: { site, overflow, scattered, usable },
      embedding: embedding.data,
      heat: heatOfPhoto({ heightCells: heatRows, widthCells: heatColumns, values: heat.data }, photo),
      local: { channels, heightCells, widthCells, values: local.data, photo },
    };
  }

  const close = () => session.release();
  const { width, height } = input;
  const grey = { widthPx: width, heightPx: height, rgb: new Uint8Array(width * height * 3).fill(127) };
  try {
    await look({ picture: grey, photo: { left: 0, top: 0, width: 1, height: 1 } });
  } catch (error) {
    await close();
    throw error;
  }
  return { look, close };
}
