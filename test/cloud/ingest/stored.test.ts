import { describe, expect, it } from "vitest";
import { limits } from "#contract/limits.ts";
import { Stored } from "#contract/messages.ts";
import { storedOf } from "../../../cloud/ingest/stored.ts";

describe("storedOf", () => {
  it("says up to which number everything is covered, and what else", () => {
    const stored = storedOf(
      "log",
      [
        [1, 7],
        [9, 9],
      ],
      [[3, 4]],
      [],
    );

    expect(stored).toEqual({ v: 1, log: "log", upTo: 7, also: [[9, 9]], lost: [[3, 4]], photos: [] });
    expect(Stored.parse(stored)).toEqual(stored);
  });

  it("covers nothing from the beginning while the first number is missing", () => {
    expect(storedOf("log", [[2, 3]], [], [])).toMatchObject({ upTo: 0, also: [[2, 3]] });
  });

  it("stays small however many holes there are", () => {
    const received = Array.from({ length: 100_000 }, (_, i): [number, number] => [
      100_000_001 + 2 * i,
      100_000_001 + 2 * i,
    ]);
    const photos = Array.from({ length: limits.storedPhotos }, () => "f".repeat(64));

    expect(JSON.stringify(storedOf("log", received, received, photos)).length).toBeLessThan(limits.retainedBytes);
  });
});
