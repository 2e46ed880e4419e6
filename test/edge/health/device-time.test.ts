import { mkdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CLOCK_ERROR_MS } from "#contract/clocks.ts";
import type { ClockQuality } from "#contract/messages.ts";
import type { Clock } from "#kit/clock.ts";
import {
  chronyReferenceMs,
  clockJudge,
  type HostWitnesses,
  judgeHostClock,
} from "../../../edge/health/clock-quality.ts";
import { watchTime } from "../../../edge/health/device-time.ts";
import { machineBoot, machineUptimeMs } from "../../../edge/health/machine-boot.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const NOW = Date.UTC(2026, 10, 22, 12);
const MINUTE = 60_000;
const HOUR = 3_600_000;
const YEAR = 365 * 86_400_000;

/** A device whose true time passes as it is told to; its wall clock, host and satellites say what they are told to. */
function aDevice(change: { readonly wallMs?: number; readonly host?: ClockQuality; readonly upMs?: number } = {}) {
  const state = { trueMs: 0, sleptMs: 0, wallMs: change.wallMs ?? NOW, host: change.host ?? "none", heard: false };
  const jumps: number[] = [];
  const suspicions: boolean[] = [];
  let better = 0;
  const time = watchTime({
    clock: { nowMs: () => state.wallMs + state.trueMs + state.sleptMs + 0.4, monotonicMs: () => 5_000 + state.trueMs },
    boot: { id: "boot-1", upMs: change.upMs ?? 0 },
    uptimeMs: () => 90_000 + state.trueMs + state.sleptMs,
    host: async (isSuspect) => {
      suspicions.push(isSuspect);
      return state.host;
    },
    satellites: () => (state.heard ? NOW + state.trueMs + state.sleptMs : undefined),
    onJump: (byMs) => jumps.push(byMs),
  });
  time.onBetter(() => {
    better += 1;
  });
  return {
    time,
    state,
    jumps,
    suspicions,
    better: () => better,
    after: async (ms: number, now: Partial<typeof state> = {}) => {
      state.trueMs += ms;
      Object.assign(state, now);
      await time.look();
      return time.stamp();
    },
  };
}

describe("watchTime", () => {
  it("stamps UTC and the time since the machine's start in whole milliseconds", async () => {
    const device = aDevice({ host: "ntp", upMs: 70_000 });

    expect(await device.after(1500.6)).toEqual({ v: 1, at: NOW + 1501, clock: "ntp", boot: "boot-1", up: 71_501 });
  });

  it("names no moment while nobody knows the time, and says when somebody does", async () => {
    const device = aDevice({ wallMs: 0 });

    expect(await device.after(MINUTE)).toMatchObject({ at: null, clock: "none", up: MINUTE });
    expect(device.better()).toBe(0);
    expect(await device.after(MINUTE, { wallMs: NOW, host: "ntp" })).toMatchObject({
      at: NOW + 2 * MINUTE,
      clock: "ntp",
    });
    expect(device.better()).toBe(1);
    expect(device.jumps).toEqual([NOW]);
    await device.after(MINUTE, { heard: true });
    expect(device.better()).toBe(2);
    await device.after(MINUTE);
    expect(device.better()).toBe(2);
  });

  it("stamps nothing from a wall clock that jumped between two looks", async () => {
    const device = aDevice({ host: "ntp" });
    await device.after(0);

    device.state.wallMs += YEAR;

    expect(device.time.stamp()).toMatchObject({ at: NOW, clock: "ntp" });
  });

  it("takes the time from the satellites whatever the wall clock says", async () => {
    const device = aDevice({ wallMs: 0, host: "ntp" });

    expect(await device.after(1000, { heard: true })).toMatchObject({ at: NOW + 1000, clock: "gps" });
  });

  it("keeps the satellites' time for an hour without them, then says that nobody vouches for it, and after a month nothing", async () => {
    const device = aDevice({ wallMs: 0 });
    await device.after(0, { heard: true });

    expect(await device.after(HOUR, { heard: false })).toMatchObject({ at: NOW + HOUR, clock: "gps" });
    expect(await device.after(1)).toMatchObject({ at: NOW + HOUR + 1, clock: "rtc" });
    expect(await device.after(30 * 24 * HOUR)).toMatchObject({ at: null, clock: "none" });
  });

  it.each([YEAR, -YEAR, 10_000])(
    "does not follow a wall clock that somebody set by %d ms after it was known better",
    async (byMs) => {
      const device = aDevice({ host: "ntp" });
      await device.after(0);

      const stamp = await device.after(MINUTE, { wallMs: NOW + byMs, host: "rtc" });

      expect(stamp).toMatchObject({ at: NOW + MINUTE, clock: "ntp" });
      expect(device.jumps).toEqual([byMs]);
      expect(device.suspicions.at(-1)).toBe(true);
      expect(await device.after(2 * HOUR)).toMatchObject({ at: NOW + 2 * HOUR + MINUTE, clock: "rtc" });
    },
  );

  it("follows a step that the network vouches for, and goes on suspecting one that it does not", async () => {
    const device = aDevice({ host: "ntp" });
    await device.after(0);
    await device.after(MINUTE, { wallMs: NOW + YEAR, host: "rtc" });
    await device.after(MINUTE);
    expect(device.suspicions.at(-1)).toBe(true);

    expect(await device.after(MINUTE, { host: "ntp" })).toMatchObject({ at: NOW + YEAR + 3 * MINUTE, clock: "ntp" });
  });

  it("keeps what it knows when the wall clock falls back to 1970", async () => {
    const device = aDevice({ host: "rtc" });
    await device.after(0);

    expect(await device.after(MINUTE, { wallMs: 0, host: "none" })).toMatchObject({ at: NOW + MINUTE, clock: "rtc" });
  });

  it("takes over the better time when a clock of 1970 or a wrong one is set by the network", async () => {
    const device = aDevice({ wallMs: NOW - YEAR, host: "rtc" });
    expect(await device.after(0)).toMatchObject({ at: NOW - YEAR, clock: "rtc" });

    expect(await device.after(MINUTE, { wallMs: NOW, host: "ntp" })).toMatchObject({ at: NOW + MINUTE, clock: "ntp" });
    expect(device.better()).toBe(2);
  });

  it.each([
    ["ntp", "rtc"],
    ["rtc", "rtc"],
  ] as const)("counts the time that the machine slept, with a clock of %s before it", async (host, after) => {
    const device = aDevice({ host });
    await device.after(MINUTE);

    device.state.sleptMs = 8 * HOUR;

    // At once, not with the next look; and nobody vouches for the time any more until somebody does.
    const awake = { at: NOW + 8 * HOUR + MINUTE, clock: after, up: 8 * HOUR + MINUTE };
    expect(device.time.stamp()).toMatchObject(awake);
    expect(await device.after(HOUR, { host: "rtc" })).toMatchObject({ at: NOW + 9 * HOUR + MINUTE, clock: "rtc" });
    expect(device.jumps).toEqual([]);
  });

  it("counts the time that the machine slept under a roof, without any clock but the satellites' before it", async () => {
    const device = aDevice({ wallMs: 0 });
    await device.after(0, { heard: true });

    expect(await device.after(MINUTE, { heard: false, sleptMs: 8 * HOUR })).toMatchObject({
      at: NOW + 8 * HOUR + MINUTE,
      clock: "rtc",
      up: 8 * HOUR + MINUTE,
    });
  });

  it("suspects the wall clock until somebody has vouched for it", async () => {
    const device = aDevice({ host: "none" });
    await device.after(0);
    await device.after(MINUTE, { host: "rtc" });
    await device.after(MINUTE, { host: "ntp" });
    await device.after(MINUTE);

    expect(device.suspicions).toEqual([true, true, true, false]);
  });

  it("lets as much pass by both counts, however the reports jitter, until they say something else", async () => {
    const device = aDevice({ host: "ntp" });
    const first = await device.after(0.3);
    const differenceOf = ({ at, up }: typeof first) => (at ?? 0) - up;

    for (const jitterMs of [0.6, -70.2, 99.9, 12.5]) {
      const stamp = await device.after(10_000.7, { wallMs: NOW + jitterMs });
      expect(differenceOf(stamp)).toBe(differenceOf(first));
    }

    expect(differenceOf(await device.after(10_000, { wallMs: NOW + 500 }))).toBe(differenceOf(first) + 500);
  });

  it("does not take an answer about a clock that was set while it asked", async () => {
    const device = aDevice({ wallMs: 0 });
    const time = watchTime({
      clock: { nowMs: () => device.state.wallMs, monotonicMs: () => 0 },
      boot: { id: "b", upMs: 0 },
      uptimeMs: () => 0,
      host: async () => {
        device.state.wallMs = NOW;
        return "ntp";
      },
      satellites: () => undefined,
      onJump: () => {},
    });

    await time.look();
    expect(time.stamp()).toMatchObject({ at: null, clock: "none" });
    await time.look();
    expect(time.stamp()).toMatchObject({ at: NOW, clock: "ntp" });
  });
});

describe("judgeHostClock", () => {
  const witnesses = async (change: Partial<HostWitnesses> = {}): Promise<HostWitnesses> => {
    const folder = await tempFolder();
    return {
      syncedFile: join(folder, "nothing"),
      rtcFolder: join(folder, "rtc"),
      askChrony: async () => undefined,
      askKernel: async () => undefined,
      ...change,
    };
  };
  const syncedAt = async (ms: number) => {
    const file = join(await tempFolder(), "synchronized");
    await writeFile(file, "");
    await utimes(file, ms / 1000, ms / 1000);
    return file;
  };
  const rtcOf = async (ms: number) => {
    const folder = await tempFolder();
    await mkdir(join(folder, "rtc0"));
    await writeFile(join(folder, "rtc0", "since_epoch"), `${Math.floor(ms / 1000)}\n`);
    return folder;
  };

  it.each([0, Date.UTC(2025, 0), Date.UTC(2101, 0)])("knows that a clock at %d was never set", async (nowMs) => {
    expect(await judgeHostClock(nowMs, false, await witnesses({ askKernel: async () => true }))).toBe("none");
  });

  it("believes the kernel, and timesyncd's file as long as nothing speaks against it", async () => {
    const syncedFile = await syncedAt(NOW - 34 * MINUTE);

    expect(await judgeHostClock(NOW, true, await witnesses({ askKernel: async () => true }))).toBe("ntp");
    expect(await judgeHostClock(NOW, false, await witnesses({ syncedFile }))).toBe("ntp");
    expect(await judgeHostClock(NOW, true, await witnesses({ syncedFile }))).toBe("none");
    expect(await judgeHostClock(NOW, true, await witnesses({ syncedFile, askKernel: async () => false }))).toBe("none");
  });

  it.each([NOW - 27 * 24 * HOUR, NOW - HOUR - MINUTE, NOW + HOUR])(
    "believes nobody where timesyncd has not set the clock of late: last at %d",
    async (lastMs) => {
      const change = { syncedFile: await syncedAt(lastMs), askKernel: async () => true };

      expect(await judgeHostClock(NOW, false, await witnesses(change))).toBe("none");
      expect(await judgeHostClock(NOW, true, await witnesses(change))).toBe("none");
    },
  );

  it("believes chrony as long as it has had the time from somebody of late", async () => {
    // chronyc -c tracking: reference, name, stratum, reference time in seconds, …, leap status.
    const tracking = (seconds: string) =>
      `A29FC87B,162.159.200.123,4,${seconds},0.000000123,-0.000001,0.00003,-12.3,0.001,0.05,0.03,0.001,64.2,Normal\n`;
    const change = (text: string) => ({ askChrony: async () => chronyReferenceMs(text), askKernel: async () => true });
    const judged = async (text: string) => await judgeHostClock(NOW, false, await witnesses(change(text)));

    expect(await judged(tracking(`${(NOW - 17 * MINUTE) / 1000}.123456789`))).toBe("ntp");
    expect(await judged(tracking(`${(NOW - 24 * HOUR) / 1000}.123456789`))).toBe("none");
    expect(await judged(tracking("0.000000000"))).toBe("none");
    // Something else answers by that name: only the kernel is left.
    expect(await judged("506 Cannot talk to daemon")).toBe("ntp");
  });

  it("lets no clock go on as the network's for weeks without one: what is stated is never less than what it is off", async () => {
    const crystalFast = 40e-6;
    const syncedFile = await syncedAt(NOW);
    const hosts = await witnesses({ syncedFile, askKernel: async () => true });
    let trueMs = 0;
    const monotonicMs = () => trueMs * (1 + crystalFast);
    const clock: Clock = { monotonicMs, nowMs: () => NOW + monotonicMs() };
    const host = clockJudge("auto", clock, hosts);
    const boot = { id: "b", upMs: 0 };
    const time = watchTime({ clock, boot, uptimeMs: monotonicMs, host, satellites: () => undefined, onJump: () => {} });

    for (; trueMs < 27 * 24 * HOUR; trueMs += HOUR / 2) {
      await time.look();
      const { at, clock: quality } = time.stamp();
      const offMs = Math.abs((at ?? 0) - NOW - trueMs);
      if (quality !== "none") expect(offMs).toBeLessThanOrEqual(CLOCK_ERROR_MS[quality]);
    }

    expect(time.stamp().clock).toBe("rtc");
  });

  it("believes a clock that nobody vouches for only as far as a real-time clock of hardware agrees", async () => {
    expect(await judgeHostClock(NOW, false, await witnesses())).toBe("none");
    expect(await judgeHostClock(NOW, false, await witnesses({ rtcFolder: await rtcOf(NOW + MINUTE) }))).toBe("rtc");
    expect(await judgeHostClock(NOW, false, await witnesses({ rtcFolder: await rtcOf(NOW - HOUR) }))).toBe("none");
    expect(await judgeHostClock(NOW, false, await witnesses({ rtcFolder: await rtcOf(0) }))).toBe("none");
  });

  it("is overruled by the setting", async () => {
    const judge = clockJudge("gps", { nowMs: () => 0 });

    expect(await judge(false)).toBe("gps");
  });
});

describe("machineBoot", () => {
  it("is the machine's own start, which a restart of the program does not change", async () => {
    const file = join(await tempFolder(), "boot_id");
    await writeFile(file, "9fe93cfd-ae26-4e70-b25e-f9351e6d4030\n");

    expect(machineBoot("new", () => 12_345.7, file)).toEqual({
      id: "9fe93cfd-ae26-4e70-b25e-f9351e6d4030",
      upMs: 12_345,
    });
  });

  it("is the program's start where the machine does not name its own", async () => {
    expect(machineBoot("new", () => 1, join(await tempFolder(), "nothing"))).toEqual({ id: "new", upMs: 0 });
  });

  it("counts from the same moment as the monotonic clock, and what the machine slept", () => {
    const monotonicMs = Number(process.hrtime.bigint() / 1_000_000n);

    expect(machineUptimeMs()).toBeGreaterThanOrEqual(monotonicMs);
  });
});
