import { assert, integer, property } from "fast-check";
import { expect, it } from "vitest";
import { rangeOf } from "../../../../cloud/fleet/artefacts/byte-range.ts";

it.each([
  [undefined, undefined],
  ["bytes=0-9", { start: 0, end: 9 }],
  ["bytes=90-", { start: 90, end: 99 }],
  ["bytes=-10", { start: 90, end: 99 }],
  ["bytes=-1000", { start: 0, end: 99 }],
  ["bytes=50-1000", { start: 50, end: 99 }],
  ["bytes=99-99", { start: 99, end: 99 }],
  ["bytes=100-", null],
  ["bytes=100-200", null],
  ["bytes=-0", null],
  ["bytes=9-0", undefined],
  ["bytes=0-1,5-6", undefined],
  ["bytes=-", undefined],
  ["bytes=0x1-2", undefined],
  ["bytes= 0-1", undefined],
  ["lines=0-1", undefined],
  [`bytes=${"9".repeat(40)}-`, undefined],
])("a Range of %s of 100 bytes is %o", (header, expected) => {
  expect(rangeOf(header, 100)).toEqual(expected);
});

it("a range is never outside of the file, whatever is asked for", () => {
  assert(
    property(
      integer({ min: 1, max: 1_000 }),
      integer({ min: 0, max: 2_000 }),
      integer({ min: 0, max: 2_000 }),
      (size, from, to) => {
        for (const header of [`bytes=${from}-${to}`, `bytes=${from}-`, `bytes=-${to}`]) {
          const range = rangeOf(header, size);
          if (range === undefined || range === null) continue;
          expect(range.start).toBeGreaterThanOrEqual(0);
          expect(range.start).toBeLessThanOrEqual(range.end);
          expect(range.end).toBeLessThan(size);
        }
      },
    ),
  );
});
