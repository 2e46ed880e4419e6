import type { Clock } from "#kit/clock.ts";
import type { Closer } from "#kit/closer.ts";
import { codeOf } from "#kit/errors.ts";
import { every } from "#kit/every.ts";
import type { Logger } from "#kit/logger.ts";
import type { PowerProfile } from "../../firmware-config/settings/power-settings.ts";
import type { Counters } from "../health/counters.ts";
import type { DeviceTime } from "../health/device-time.ts";
import type { Outbox } from "../outbox/outbox.ts";
import type { Pace } from "../pace.ts";
import { causesOf, type Duty, dutyOf, episodesOf, firstCauses } from "./duty.ts";
import { type PowerFacts, UNKNOWN_POWER } from "./power-facts.ts";

/** What `/status` and health say of power. */
export interface PowerStatus {
  readonly profile: PowerProfile;
  readonly facts: PowerFacts;
  readonly duty: Duty;
}

/** Power as it was when it was looked at last. */
export interface Power extends Closer {
  status(): PowerStatus;
  duty(): Duty;
  /** The device lives on something else from the next look on. */
  adopt(profile: PowerProfile): void;
}

/** What looking after the power needs. */
export interface PowerOptions {
  readonly profile: PowerProfile;
  readonly everyMs: number;
  /** Never rejects. */
  readonly read: () => Promise<PowerFacts>;
  readonly pace: Pick<Pace, "spare">;
  /** Hears how seldom readings may leave. */
  readonly uplink: { sendEvery(burstMs: number): void };
  readonly outbox: Pick<Outbox, "append" | "value">;
  readonly time: DeviceTime;
  readonly clock: Clock;
  readonly counters: Counters;
  readonly log: Logger;
}

/** The outbox's value that holds the episodes that were told of: a device that restarts in one tells of it once. */
const TOLD = "power-episodes";
/** The outbox's value that names the boot in which the firmware's mark of a weak supply was last seen. */
const DIP = "power-dip-boot";

/**
 * Looks at the power and the heat again and again, and makes the device do as much as they allow, at once and without a
 * restart. Begins with the first look. An episode of undervoltage, or of an empty battery, is one alert (`what: power`); a weak
 * supply that the firmware has seen before the program ran is one, too, once for each boot of the machine.
 */
export async function startPower(options: PowerOptions): Promise<Power> {
  const { everyMs, read, pace, uplink, outbox, time, clock, counters, log } = options;
  let { profile } = options;
  let facts = UNKNOWN_POWER;
  let causes = firstCauses(toldBefore(outbox), clock.monotonicMs(), outbox.value(DIP) === time.boot);
  let duty = dutyOf(causes, facts);

  function apply(): void {
    const before = duty;
    duty = dutyOf(causes, facts);
    pace.spare({ stretch: duty.stretch, letParticlesSleep: duty.letParticlesSleep });
    uplink.sendEvery(duty.burstMs);
    if (isSameMeasure(before, duty)) return;
    counters.count("power-duty-changed");
    log.warn({ event: "power.duty", ...duty }, "the device does more or less than before, for its power");
  }

  async function tell(): Promise<void> {
    const told = toldBefore(outbox);
    const now = episodesOf(causes);
    const isDipKept = !causes.hadDip || outbox.value(DIP) === time.boot;
    if (now.join() === told.join() && isDipKept) return;
    const { chargePercent, batteryV, temperatureC } = facts;
    const alerts = now
      .filter((episode) => !told.includes(episode))
      .map((reason) => ({
        ...{ kind: "alert" as const, ...time.stamp(), what: "power" as const, reason },
        ...{ chargePercent, batteryV, temperatureC },
      }));
    await outbox.append(alerts, { [TOLD]: now.join(), ...(causes.hadDip && { [DIP]: time.boot }) });
  }

  async function look(): Promise<void> {
    facts = await read();
    causes = causesOf(facts, causes, profile, clock.monotonicMs());
    apply();
    await tell();
  }

  const onError = (error: unknown) => {
    counters.count(codeOf(error));
    log.error({ event: "power.untold", err: error }, "power could not be told of; it is tried at the next look");
  };
  await look().catch(onError);
  const looking = every(everyMs, look, onError);
  return {
    status: () => ({ profile, facts, duty }),
    duty: () => duty,
    adopt: (other) => {
      profile = other;
    },
    close: () => looking.close(),
  };
}

const toldBefore = (outbox: Pick<Outbox, "value">): readonly string[] =>
  (outbox.value(TOLD) ?? "").split(",").filter((word) => word !== "");

const isSameMeasure = ({ reason: _a, ...a }: Duty, { reason: _b, ...b }: Duty): boolean =>
  JSON.stringify(a) === JSON.stringify(b);
