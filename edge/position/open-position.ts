import type { Clock } from "#kit/clock.ts";
import type { Logger } from "#kit/logger.ts";
import type { ByteAddress } from "../../firmware-config/settings/byte-address.ts";
import type { Counters } from "../health/counters.ts";
import { openGpsdPosition } from "./gpsd-position.ts";
import type { Position } from "./position.ts";

/** What a position needs. */
export interface PositionParts {
  readonly clock: Clock;
  readonly random: () => number;
  readonly counters: Counters;
  readonly log: Logger;
}

/** The device's position, or undefined where no receiver is set. */
export function openPosition(gpsd: ByteAddress | undefined, parts: PositionParts): Position | undefined {
  if (gpsd === undefined) return undefined;
  const { counters, log, clock, random } = parts;
  const onLost = (reason: string) => {
    counters.count("position-lost");
    log.warn({ event: "position.lost", reason }, "the connection to gpsd is lost; it is opened again");
  };
  return openGpsdPosition({ address: gpsd, clock, random, onLost });
}
