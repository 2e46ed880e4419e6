import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { covers } from "#mqtt/filters.ts";

describe("covers", () => {
  it.each([
    ["a/+/c", "a/b/c"],
    ["a/+/c", "a/+/c"],
    ["a/#", "a"],
    ["a/#", "a/+/c/#"],
    ["#", "a/b"],
    ["+/b", "a/b"],
  ])("says that %s reaches all of %s", (wide, narrow) => {
    expect(covers(wide, narrow)).toBe(true);
  });

  it.each([
    ["a/b/c", "a/+/c"],
    ["a/+", "a/#"],
    ["a/+", "a/b/c"],
    ["a/+/c", "a/b"],
    ["#", "$SYS/x"],
    ["+/x", "$SYS/x"],
  ])("says that %s does not reach all of %s", (wide, narrow) => {
    expect(covers(wide, narrow)).toBe(false);
  });

  it("agrees with itself: what a covered filter matches, its cover matches", () => {
    const levels = (alphabet: string[]) =>
      fc.array(fc.constantFrom(...alphabet), { minLength: 1, maxLength: 4 }).map((list) => list.join("/"));
    const filter = fc
      .tuple(levels(["a", "b", "+"]), fc.boolean())
      .map(([text, isOpen]) => (isOpen ? `${text}/#` : text));
    fc.assert(
      fc.property(filter, filter, levels(["a", "b"]), (wide, narrow, topic) => {
        fc.pre(covers(wide, narrow) && covers(narrow, topic));
        expect(covers(wide, topic)).toBe(true);
      }),
    );
  });
});
