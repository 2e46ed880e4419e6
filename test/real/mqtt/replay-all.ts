import { type Difference, replay } from "./replay.ts";
import { readSequences, type Sequence } from "./sequence-files.ts";

/** A sequence that did not go as it says. */
export interface Failure extends Difference {
  readonly sequence: Sequence;
}

/**
 * Plays all sequences of a folder against the broker on a port, one after the other: they share client ids and topics.
 * Each takes a second for every answer that does not come, otherwise some milliseconds.
 */
export async function replayAll(
  folder: string,
  port: number,
): Promise<{ readonly total: number; readonly failures: readonly Failure[] }> {
  const sequences = await readSequences(folder);
  const failures: Failure[] = [];
  for (const sequence of sequences) {
    const difference = await replay(sequence, port).catch(
      (error: unknown): Difference => ({ expected: "a connection", came: String(error) }),
    );
    if (difference !== undefined) failures.push({ sequence, ...difference });
  }
  return { total: sequences.length, failures };
}

/** One line about a failure. */
export const lineOf = ({ sequence: { file, group, name }, expected, came }: Failure): string =>
  `${file} | ${group} | ${name}: expected ${expected}, came ${came}`;
