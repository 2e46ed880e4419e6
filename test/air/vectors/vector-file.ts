import { z } from "zod";

/** One published or derived case: what goes in and what shall come out. */
export const Vector = z.object({
  id: z.string(),
  group: z.string(),
  input: z.record(z.string(), z.unknown()),
  expect: z.unknown(),
  status: z.string(),
  note: z.string().optional(),
});
export type Vector = z.infer<typeof Vector>;

/** A file of vectors, in the form of `../shared/air/vectors.json`. */
export const VectorFile = z.object({ vectors: z.array(Vector) });

/** Published numbers that contradict the standard in force: ours shall differ. */
export const isConflict = ({ status }: Vector): boolean => status === "conflict_do_not_use";

/** Computes what we say of a vector's input, in the form of its `expect`. Throws where the input cannot be read. */
export type Check = (vector: Vector) => unknown;

/** A number of the input under the first of these names that is there; null where it is missing or no number. */
export function numberAt(input: Vector["input"], ...names: readonly string[]): number | null {
  const name = names.find((one) => one in input);
  const value = name === undefined ? null : input[name];
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

/** Numbers under a name; what is none is null. */
export function numbersAt(input: Vector["input"], name: string): readonly (number | null)[] {
  const list = z.array(z.unknown()).safeParse(input[name]).data ?? [];
  return list.map((value) => (typeof value === "number" && Number.isFinite(value) ? value : null));
}

/** A text under a name; empty where there is none. */
export const textAt = (input: Vector["input"], name: string): string => z.string().safeParse(input[name]).data ?? "";
