import type { HealthFacts, UnusableReason } from "#contract/messages.ts";
import type { Address } from "#contract/names.ts";
import type { UpdateReport } from "#contract/twin.ts";
import type { CameraHealth, WatchedCamera } from "../camera/watched-camera.ts";
import type { Cycle } from "../cycle.ts";
import type { IdentityStatus } from "../identity/device-identity.ts";
import type { OldestAges } from "../outbox/oldest-age.ts";
import type { Outbox, Pending } from "../outbox/outbox.ts";
import type { Pace } from "../pace.ts";
import type { Fix, Position, PositionHealth } from "../position/position.ts";
import type { Power, PowerStatus } from "../power/power.ts";
import type { Sensor, SensorHealth } from "../sensors/sensor.ts";
import type { Card, CardStatus } from "../storage/card.ts";
import type { Twin, TwinStatus } from "../twin/twin.ts";
import type { UpdateSink } from "../twin/update-sink.ts";
import type { SignIn } from "../uplink/sign-in.ts";
import type { DailyTraffic } from "../uplink/traffic.ts";
import type { Uplink, UplinkStatus } from "../uplink/uplink.ts";
import type { Judge } from "../visits/judge.ts";
import type { Visits } from "../visits/visits.ts";
import type { Watchdog } from "../watchdog/watchdog.ts";
import type { Counters } from "./counters.ts";
import type { DeviceTime, TimeStamp } from "./device-time.ts";
import type { HostFacts } from "./host-facts.ts";
import type { RunHistory } from "./run-record.ts";

/** What `GET /status` says. */
export interface DeviceReport extends Address {
  readonly software: string;
  readonly model: string | null;
  /** Why there is no model where one is needed, or null. */
  readonly modelTrouble: string | null;
  /** What the model in use has said of photos, or null before the first one. */
  readonly verdicts: NonNullable<HealthFacts["verdicts"]> | null;
  /** Why the last photo could not be judged, or null. */
  readonly photoTrouble: UnusableReason | null;
  readonly now: TimeStamp;
  /** `ages` is how long the oldest message of each class has waited, in milliseconds. */
  readonly outbox: Pending & { readonly log: string; readonly ages: OldestAges };
  readonly brokerUrl: string;
  readonly host: HostFacts;
  readonly runs: RunHistory;
  /** Bytes over the connection to the broker by UTC day, as far as they were counted in health messages. */
  readonly traffic: DailyTraffic;
  readonly readingEveryMs: number;
  /** When this run began, in the milliseconds of `up`. */
  readonly startedUp: number;
  readonly uplink: UplinkStatus;
  /** What of the cloud's settings is in force and what was refused. */
  readonly twin: TwinStatus;
  /** Null where the device signs in with a token. */
  readonly certificate: IdentityStatus | null;
  readonly errors: Readonly<Record<string, number>>;
  readonly power: PowerStatus;
  /** What was written, by the day. */
  readonly card: CardStatus;
  /** Why systemd will start the program anew, or null while it makes progress. */
  readonly noProgress: string | null;
  /** The wanted updates, and what the device did with each. */
  readonly updates: readonly UpdateReport[];
  /** Why no update is taken whatever is wanted, or null. */
  readonly updatesTrouble: string | null;
  /** `lastUp` is in milliseconds since boot, null until the sensor has said something. */
  readonly sensors: readonly (SensorHealth & {
    readonly name: string;
    readonly model: string;
    readonly lastUp: number | null;
    /** Bad frames by then. */
    readonly lastBadFrames: number | null;
    /** It was asked and has not answered in time. */
    readonly isHung: boolean;
    /** What its last sample was doubted for. */
    readonly status: readonly string[];
  })[];
  /** Null on a device without a satellite receiver; `now` is the UTC ms of the satellites, null while not heard. */
  readonly position: (PositionHealth & { readonly fix: Fix | null; readonly now: number | null }) | null;
  /** Null on a device without a camera. */
  readonly camera:
    | (CameraHealth & { readonly lastShotAt: number | null; readonly openVisits: readonly string[] })
    | null;
}

/** The parts that a report asks. */
export interface ReportParts {
  readonly address: Address;
  readonly software: string;
  /** Undefined on a device without a camera. */
  readonly judge: Pick<Judge, "model" | "trouble" | "verdicts" | "unusable"> | undefined;
  readonly time: DeviceTime;
  readonly outbox: Outbox;
  readonly signIn: Pick<SignIn, "certificate">;
  readonly twin: Pick<Twin, "status" | "config">;
  readonly uplink: Uplink;
  readonly counters: Counters;
  readonly power: Pick<Power, "status">;
  readonly card: Pick<Card, "status" | "values">;
  readonly watchdog: Pick<Watchdog, "trouble">;
  readonly updates: Pick<UpdateSink, "reports" | "trouble">;
  readonly sensors: readonly Sensor[];
  readonly cycle: Cycle;
  readonly position: Position | undefined;
  readonly visits: Visits | undefined;
  readonly camera: WatchedCamera | undefined;
  readonly pace: Pick<Pace, "now">;
  readonly facts: {
    readonly host: HostFacts;
    readonly runs: RunHistory;
    readonly ages: OldestAges;
    readonly traffic: DailyTraffic;
    readonly startedUp: number;
  };
}

/** How the device is doing now. */
export function reportOf(parts: ReportParts): DeviceReport {
  const {
    address,
    software,
    judge,
    time,
    outbox,
    signIn,
    uplink,
    twin,
    counters,
    power,
    card,
    sensors,
    cycle,
    position,
    visits,
    camera,
    watchdog,
  } = parts;
  const { pace, facts } = parts;
  return {
    ...address,
    software,
    model: judge?.model ?? null,
    modelTrouble: judge?.trouble ?? null,
    verdicts: judge?.verdicts ?? null,
    photoTrouble: judge?.unusable ?? null,
    now: time.stamp(),
    outbox: { log: outbox.log, ...outbox.pending(), ages: facts.ages },
    brokerUrl: twin.config().BROKER_URL,
    host: facts.host,
    runs: facts.runs,
    traffic: facts.traffic,
    startedUp: facts.startedUp,
    readingEveryMs: pace.now().everyMs,
    uplink: uplink.status(),
    twin: twin.status(),
    certificate: signIn.certificate(),
    errors: counters.snapshot(),
    power: power.status(),
    card: card.status(),
    noProgress: watchdog.trouble(),
    updates: parts.updates.reports(),
    updatesTrouble: parts.updates.trouble() ?? null,
    sensors: sensors.map((sensor) => ({
      name: sensor.name,
      model: sensor.model,
      lastUp: cycle.last(sensor.name)?.up ?? null,
      lastBadFrames: cycle.last(sensor.name)?.badFrames ?? null,
      isHung: cycle.isHung(sensor.name),
      status: cycle.last(sensor.name)?.status ?? [],
      ...sensor.health(),
    })),
    position:
      position === undefined
        ? null
        : { ...position.health(), fix: position.fix() ?? null, now: position.nowMs() ?? null },
    camera:
      visits === undefined || camera === undefined
        ? null
        : {
            ...camera.health(),
            lastShotAt: visits.lastShotAt(),
            openVisits: visits.openDrafts().map(({ site }) => site),
          },
  };
}
