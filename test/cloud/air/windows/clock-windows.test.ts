import { describe, expect, it } from "vitest";
import { createClockWindows } from "../../../../cloud/air/windows/clock-windows.ts";

const HOUR_MS = 3_600_000;
const iso = ({ start, end }: { readonly start: number; readonly end: number }) =>
  [start, end].map((ms) => new Date(ms).toISOString().slice(0, 16));

describe("the windows of the clock", () => {
  it("are aligned to UTC for minutes, thirds of an hour and hours", () => {
    const { windowOf } = createClockWindows("Asia/Yekaterinburg");
    const at = Date.parse("2026-01-15T12:47:31.500Z");

    expect(iso(windowOf("m1", at))).toEqual(["2026-01-15T12:47", "2026-01-15T12:48"]);
    expect(iso(windowOf("m20", at))).toEqual(["2026-01-15T12:40", "2026-01-15T13:00"]);
    expect(iso(windowOf("h1", at))).toEqual(["2026-01-15T12:00", "2026-01-15T13:00"]);
  });

  it("are the days of the region", () => {
    const { windowOf } = createClockWindows("Asia/Yekaterinburg");

    expect(iso(windowOf("d1", Date.parse("2026-01-15T18:59:59Z")))).toEqual(["2026-01-14T19:00", "2026-01-15T19:00"]);
    expect(iso(windowOf("d1", Date.parse("2026-01-15T19:00:00Z")))).toEqual(["2026-01-15T19:00", "2026-01-16T19:00"]);
  });

  it.each([
    ["Europe/Berlin", "2026-03-29T10:00:00Z", 23],
    ["Europe/Berlin", "2026-10-25T10:00:00Z", 25],
    ["Europe/Berlin", "2026-10-26T00:30:00Z", 24],
    // Its clocks go forward at midnight: that day begins at one.
    ["America/Santiago", "2026-09-06T15:00:00Z", 23],
    ["Asia/Kathmandu", "2026-10-25T10:00:00Z", 24],
    // The hour around midnight comes twice, and belongs to one day.
    ["America/Havana", "2026-11-01T04:30:00Z", 25],
    ["America/Havana", "2026-11-01T05:30:00Z", 25],
    ["America/Scoresbysund", "2022-10-30T00:30:00Z", 25],
    ["Asia/Gaza", "2022-10-28T22:30:00Z", 25],
    // Samoa left the 30th of December 2011 out.
    ["Pacific/Apia", "2011-12-30T09:30:00Z", 24],
    ["Pacific/Apia", "2011-12-30T10:30:00Z", 24],
  ])("are as long as the clocks make them: %s on %s", (zone, at, hours) => {
    const { windowOf } = createClockWindows(zone);

    const { start, end } = windowOf("d1", Date.parse(at));

    expect((end - start) / HOUR_MS).toBe(hours);
    expect(start).toBeLessThanOrEqual(Date.parse(at));
    expect(end).toBeGreaterThan(Date.parse(at));
    expect(windowOf("d1", start)).toEqual({ start, end });
    expect(windowOf("d1", end - 1)).toEqual({ start, end });
    expect(windowOf("d1", end).start).toBe(end);
    expect(windowOf("d1", start - 1).end).toBe(start);
  });
});
