/** A JSON list inside of `head` and `tail`, item by item: what is written so is never in memory as one object. */
export function* jsonLines(head: string, items: Iterable<unknown>, tail: string): Generator<string> {
  let before = head;
  for (const item of items) {
    yield `${before}${JSON.stringify(item)}`;
    before = ",\n";
  }
  yield before === head ? `${head}${tail}` : tail;
}
