import { describe, expect, it, onTestFinished } from "vitest";
import type { ClockQuality } from "#contract/messages.ts";
import { clockJudge, judgeHostClock } from "../../../edge/health/clock-quality.ts";
import { startDeviceTime } from "../../../edge/health/device-time.ts";

async function startAt(quality: ClockQuality) {
  let monotonicMs = 5000;
  const clock = { nowMs: () => 1_780_000_000_000.4, monotonicMs: () => monotonicMs };
  const time = await startDeviceTime({ clock, boot: "boot-1", judge: async () => quality, onError: () => {} });
  onTestFinished(() => time.close());
  return {
    time,
    pass: (ms: number) => {
      monotonicMs += ms;
    },
  };
}

describe("startDeviceTime", () => {
  it("stamps UTC and the time since boot in whole milliseconds", async () => {
    const { time, pass } = await startAt("ntp");

    pass(1500.6);

    expect(time.stamp()).toEqual({ v: 1, at: 1_780_000_000_000, clock: "ntp", boot: "boot-1", up: 1501 });
  });

  it("names no moment when nobody knows the time", async () => {
    const { time } = await startAt("none");

    expect(time.stamp()).toMatchObject({ at: null, clock: "none", up: 0 });
  });
});

describe("judgeHostClock", () => {
  it.each([0, Date.UTC(2025, 0), Date.UTC(2101, 0)])("knows that a clock at %d was never set", async (nowMs) => {
    expect(await judgeHostClock(nowMs)).toBe("none");
  });

  it("vouches for a clock only as far as the host does", async () => {
    expect(["ntp", "rtc"]).toContain(await judgeHostClock(Date.UTC(2026, 5)));
  });

  it("is overruled by the setting", async () => {
    const judge = clockJudge("gps", { nowMs: () => 0, monotonicMs: () => 0 });

    expect(await judge()).toBe("gps");
  });
});
