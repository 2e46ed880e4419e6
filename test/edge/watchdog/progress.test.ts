import { describe, expect, it } from "vitest";
import { type ProgressFacts, troubleOf } from "../../../edge/watchdog/progress.ts";

const MINUTE_MS = 60_000;
const PATIENCE_MS = 3 * MINUTE_MS;
const NOW_MS = 100 * MINUTE_MS;

const trouble = (change: Partial<ProgressFacts>) =>
  troubleOf(
    {
      nowMs: NOW_MS,
      roundEveryMs: MINUTE_MS,
      roundMs: NOW_MS,
      appendSinceMs: null,
      shotMs: null,
      linkMs: NOW_MS,
      ...change,
    },
    PATIENCE_MS,
  );

describe("troubleOf", () => {
  it("is content while rounds end, the outbox answers and the link moves", () => {
    expect(trouble({})).toBeNull();
    expect(trouble({ roundMs: NOW_MS - 4 * MINUTE_MS, appendSinceMs: NOW_MS - PATIENCE_MS })).toBeNull();
    expect(trouble({ linkMs: NOW_MS - 18 * MINUTE_MS })).toBeNull();
  });

  it("names rounds that do not end, however seldom they come", () => {
    expect(trouble({ roundMs: NOW_MS - 5 * MINUTE_MS })).toMatch(/no round has ended for 300 s/);
    expect(trouble({ roundEveryMs: 60 * MINUTE_MS, roundMs: NOW_MS - 63 * MINUTE_MS })).toBeNull();
    expect(trouble({ roundEveryMs: 60 * MINUTE_MS, roundMs: NOW_MS - 64 * MINUTE_MS })).toMatch(/no round/);
  });

  it("names a shot that does not end", () => {
    expect(trouble({ shotMs: 5 * MINUTE_MS })).toBeNull();
    expect(trouble({ shotMs: 5 * MINUTE_MS + 1 })).toMatch(/a shot has not ended for 300 s/);
  });

  it("names an outbox that owes an answer, and a link that does not even try", () => {
    expect(trouble({ appendSinceMs: NOW_MS - PATIENCE_MS - 1 })).toMatch(/the outbox has not answered/);
    expect(trouble({ linkMs: NOW_MS - 18 * MINUTE_MS - 1 })).toMatch(/the link has not moved/);
  });
});
