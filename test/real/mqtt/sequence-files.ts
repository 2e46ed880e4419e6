import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

const Qos = z.union([z.literal(0), z.literal(1), z.literal(2)]);

/** One step of a sequence. */
export const Step = z.discriminatedUnion("type", [
  z.object({ type: z.literal("send"), payload: z.string() }),
  z.object({ type: z.literal("recv"), payload: z.string() }),
  z.object({
    type: z.literal("external_publish"),
    topic: z.string(),
    payload: z.string().default(""),
    qos: Qos.default(0),
    retain: z.boolean().default(false),
  }),
  z.object({ type: z.literal("subscribe"), topic: z.string(), qos: Qos.default(0) }),
  z.object({ type: z.literal("unsubscribe"), topic: z.string() }),
]);
export type Step = z.infer<typeof Step>;

const choices = {
  ver: z.number().int().optional(),
  connect: z.boolean().optional(),
  expect_disconnect: z.boolean().optional(),
};
const SequenceFile = z.array(
  z.object({
    group: z.string(),
    ...choices,
    tests: z.array(z.object({ name: z.string(), ...choices, msgs: z.array(Step) })),
  }),
);

/** One sequence with all that its group says for it. */
export interface Sequence {
  readonly file: string;
  readonly group: string;
  readonly name: string;
  /** Protocol level of the plain CONNECT: 3 is MQTT 3.1, 4 is 3.1.1. */
  readonly level: number;
  /** A plain CONNECT goes before the steps. */
  readonly connects: boolean;
  /** After the steps the broker must have closed; otherwise it must still answer a PINGREQ. */
  readonly endsClosed: boolean;
  readonly steps: readonly Step[];
}

/** Reads all sequences of a folder's JSON files, in the order of their names; those of other versions are left out. */
export async function readSequences(folder: string): Promise<readonly Sequence[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith(".json")).sort();
  const all = await Promise.all(
    files.map(async (file) => sequencesOf(file, JSON.parse(await readFile(join(folder, file), "utf8")))),
  );
  return all.flat().filter(({ level }) => level === 3 || level === 4);
}

function sequencesOf(file: string, content: unknown): readonly Sequence[] {
  return SequenceFile.parse(content).flatMap((group) =>
    group.tests.map((test) => ({
      file,
      group: group.group,
      name: test.name,
      level: test.ver ?? group.ver ?? 4,
      connects: test.connect ?? group.connect ?? true,
      endsClosed: test.expect_disconnect ?? group.expect_disconnect ?? true,
      steps: test.msgs,
    })),
  );
}
