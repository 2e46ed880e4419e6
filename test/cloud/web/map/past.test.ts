import { describe, expect, it } from "vitest";
import {
  midnights,
  momentAt,
  PAST_MS,
  pastAverage,
  positionOf,
  STEP_MS,
  STEPS,
} from "../../../../cloud/web/map/time/past.ts";

const NOW_MS = Date.parse("2026-11-22T10:47:00Z");

describe("the slider over the last 48 hours", () => {
  it("ends at now, and one step before it is the newest whole 20 minutes", () => {
    expect(momentAt(STEPS, NOW_MS)).toBeNull();
    expect(momentAt(STEPS - 1, NOW_MS)).toBe(Date.parse("2026-11-22T10:40:00Z"));
    expect(positionOf(null, NOW_MS)).toBe(STEPS);
  });

  it("comes back to each of its positions", () => {
    for (let position = 0; position <= STEPS; position++) {
      expect(positionOf(momentAt(position, NOW_MS), NOW_MS)).toBe(position);
    }
  });

  it("reaches 48 hours back and no further", () => {
    const oldest = momentAt(0, NOW_MS) ?? 0;

    expect(NOW_MS - oldest).toBeLessThanOrEqual(PAST_MS);
    expect(NOW_MS - oldest).toBeGreaterThan(PAST_MS - 2 * STEP_MS);
    expect(positionOf(0, NOW_MS)).toBe(0);
  });

  it("marks the midnights of the reader's own day", () => {
    const found = midnights(NOW_MS, 5 * 3_600_000);

    expect(found.map(({ atMs }) => new Date(atMs).toISOString())).toEqual([
      "2026-11-20T19:00:00.000Z",
      "2026-11-21T19:00:00.000Z",
    ]);
    expect(found.every(({ share }) => share > 0 && share < 1)).toBe(true);
  });

  it("shows the means that are kept of the past, whatever time span is chosen", () => {
    expect((["now", "m20", "h1", "nowcast", "h8", "h24"] as const).map(pastAverage)).toEqual([
      "m20",
      "m20",
      "h1",
      "h1",
      "h1",
      "h1",
    ]);
  });
});
