import { mkdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ClockQuality } from "#contract/messages.ts";
import type { Clock } from "#kit/clock.ts";
import { clockJudge } from "../../../edge/health/clock-quality.ts";

/** Faster than true by 40 ppm: an ordinary crystal, well within what the contract states for one. */
const CRYSTAL_FAST = 40e-6;
/** What the battery-backed clock is off by when the machine starts. */
const RTC_OFF_MS = 3_000;
/** The kernel's flag outlives the network by so much: its error grows by 500 ppm to 16 s (adjtimex(2)). */
const KERNEL_SURE_MS = 16_000 / 500e-6;

/** What is true, and what there is to know the time by. It passes as the simulation says. */
export interface World {
  /** The true time, UTC ms. */
  nowMs: number;
  isLinkUp: boolean;
  hasSky: boolean;
  /** Whether the battery of the real-time clock holds; without it a machine starts in 1970. */
  hasBattery: boolean;
}

/** The clocks of one start of a machine in that world. */
export interface SimulatedClocks {
  readonly clock: Clock;
  /** The agent's own judgement of what the machine's files and kernel say. */
  host(isSuspect: boolean): Promise<ClockQuality>;
  satellites(): number | undefined;
  /** The network sets the wall clock while there is one; to be called as the time passes. */
  tick(): void;
}

/**
 * Starts a machine's clocks: the monotonic one runs with its crystal, and so does the wall clock until it is set. What
 * timesyncd and the kernel leave behind lies in `folder`, new with each start.
 */
export function startClocks(world: World, folder: string): SimulatedClocks {
  const bornMs = world.nowMs;
  const { hasBattery } = world;
  let wallMs = hasBattery ? bornMs + RTC_OFF_MS : 0;
  let rtcOffMs = hasBattery ? RTC_OFF_MS : -bornMs;
  let setAtMonotonicMs = 0;
  let syncedMs: number | undefined;
  const monotonicMs = () => (world.nowMs - bornMs) * (1 + CRYSTAL_FAST);
  const nowMs = () => wallMs + monotonicMs() - setAtMonotonicMs;
  const syncedFile = join(folder, "synchronized");
  const rtcFolder = join(folder, "rtc");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(rtcFolder, "rtc0"), { recursive: true });
  const askChrony = async () => undefined;
  const askKernel = async () => syncedMs !== undefined && world.nowMs - syncedMs < KERNEL_SURE_MS;
  const judge = clockJudge("auto", { nowMs }, { syncedFile, rtcFolder, askChrony, askKernel });
  return {
    clock: { monotonicMs, nowMs },
    host: async (isSuspect) => {
      writeFileSync(join(rtcFolder, "rtc0", "since_epoch"), `${Math.floor((world.nowMs + rtcOffMs) / 1_000)}\n`);
      return await judge(isSuspect);
    },
    satellites: () => (world.hasSky ? world.nowMs : undefined),
    tick: () => {
      if (!world.isLinkUp) return;
      syncedMs = world.nowMs;
      wallMs = world.nowMs;
      setAtMonotonicMs = monotonicMs();
      // The kernel writes a synchronised time into the real-time clock every 11 minutes.
      rtcOffMs = 0;
      writeFileSync(syncedFile, "");
      utimesSync(syncedFile, world.nowMs / 1_000, world.nowMs / 1_000);
    },
  };
}
