import type { ClockQuality } from "#contract/messages.ts";
import type { Clock } from "#kit/clock.ts";

/** Faster than true by 40 ppm: an ordinary crystal, well within what the contract states for one. */
const CRYSTAL_FAST = 40e-6;
/** What the battery-backed clock is off by when the machine starts. */
const RTC_OFF_MS = 3_000;

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
  host(): Promise<ClockQuality>;
  satellites(): number | undefined;
  /** The network sets the wall clock while there is one; to be called as the time passes. */
  tick(): void;
}

/** Starts a machine's clocks: the monotonic one runs with its crystal, and so does the wall clock until it is set. */
export function startClocks(world: World): SimulatedClocks {
  const bornMs = world.nowMs;
  const { hasBattery } = world;
  let wallMs = hasBattery ? bornMs + RTC_OFF_MS : 0;
  let setAtMonotonicMs = 0;
  const monotonicMs = () => (world.nowMs - bornMs) * (1 + CRYSTAL_FAST);
  return {
    clock: { monotonicMs, nowMs: () => wallMs + monotonicMs() - setAtMonotonicMs },
    host: async () => {
      if (world.isLinkUp) return "ntp";
      return hasBattery ? "rtc" : "none";
    },
    satellites: () => (world.hasSky ? world.nowMs : undefined),
    tick: () => {
      if (!world.isLinkUp) return;
      wallMs = world.nowMs;
      setAtMonotonicMs = monotonicMs();
    },
  };
}
