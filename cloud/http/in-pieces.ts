import { setImmediate as breath } from "node:timers/promises";

/** Does long work of this thread piece by piece: wherever it yields, others have their turn. */
export async function inPieces<T>(work: Generator<undefined, T>): Promise<T> {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
    await breath();
  }
}

/** So many small things are done in one go: about a millisecond. */
const AT_ONCE = 500;

/** Does something with each of many, some hundred in one go. */
export function* forEachPiece<T>(many: Iterable<T>, work: (one: T) => void): Generator<undefined, void> {
  let done = 0;
  for (const one of many) {
    work(one);
    done += 1;
    if (done % AT_ONCE === 0) yield;
  }
}

/** The JSON of an object, member by member down to a depth. */
export function* jsonPieces(value: object, depth: number): Generator<undefined, string> {
  const members: string[] = [];
  for (const [name, member] of Object.entries(value)) {
    if (member === undefined) continue;
    const isDeeper = depth > 1 && typeof member === "object" && member !== null && !Array.isArray(member);
    const text: string = isDeeper ? yield* jsonPieces(member, depth - 1) : JSON.stringify(member);
    members.push(`${JSON.stringify(name)}:${text}`);
    yield;
  }
  return `{${members.join(",")}}`;
}
