import type { ClockQuality } from "#contract/messages.ts";
import type { Clock } from "#kit/clock.ts";
import type { Logger } from "#kit/logger.ts";
import type { Position } from "../position/position.ts";
import { clockJudge } from "./clock-quality.ts";
import type { Counters } from "./counters.ts";
import { type DeviceTime, startDeviceTime } from "./device-time.ts";
import { type MachineBoot, machineUptimeMs } from "./machine-boot.ts";

/** What the time of a device is known by. */
export interface DeviceTimeParts {
  readonly clock: Clock;
  readonly boot: MachineBoot;
  readonly position: Position | undefined;
  readonly counters: Counters;
  readonly log: Logger;
}

/** The device's time from its satellites and its host; jumps of the wall clock are counted (`clock-jumped`) and logged. */
export async function openDeviceTime(setting: ClockQuality | "auto", parts: DeviceTimeParts): Promise<DeviceTime> {
  const { clock, boot, position, counters, log } = parts;
  return await startDeviceTime({
    clock,
    boot,
    uptimeMs: machineUptimeMs,
    host: clockJudge(setting, clock),
    satellites: () => position?.nowMs(),
    onJump: (byMs) => {
      counters.count("clock-jumped");
      log.warn(
        { event: "clock.jumped", byMs },
        "the wall clock was set; it is followed only where somebody vouches for it",
      );
    },
    onError: (error) => log.error({ event: "clock.unjudged", err: error }, "the clocks could not be looked at"),
  });
}
