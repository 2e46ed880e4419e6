import type { DeviceReport } from "./device-report.ts";
import type { Finding, FindingCode } from "./finding.ts";

type Values = Finding["values"];

const found = (part: string, code: FindingCode, values: Values = {}, detail: string | null = null): Finding => ({
  part,
  code,
  values,
  detail,
});

/** What is to be said of a device, part by part. */
export function findingsOf(report: DeviceReport): readonly Finding[] {
  return [
    ofModel(report),
    ofCamera(report),
    ...ofSensors(report),
    ofPosition(report),
    ofClock(report),
    ofOutbox(report),
    ofCertificate(report),
    ofBroker(report),
    ofTwin(report.twin),
    ...ofUpdates(report),
    ...ofDisk(report.host),
    ofCard(report),
    ofPower(report),
    ofHeat(report),
    ofMemory(report),
    ofRuns(report),
  ];
}

function ofModel({ model, modelTrouble, camera }: DeviceReport): Finding {
  if (camera === null) return found("model", "model-unneeded");
  if (model === null) return found("model", "model-missing", {}, modelTrouble);
  return found("model", "model-well", { model: model.slice(0, 12) });
}

function ofCamera({ camera, photoTrouble }: DeviceReport): Finding {
  if (camera === null) return found("camera", "camera-none");
  const { camera: name, reason, trouble } = camera;
  if (reason !== null) return found("camera", `camera-${reason}`, { camera: name }, trouble);
  if (photoTrouble !== null) return found("camera", `photo-${photoTrouble}`, { camera: name });
  return found("camera", trouble === null ? "camera-well" : "camera-unseen", { camera: name });
}

/** A sensor that has missed three rounds (and a moment more, where rounds are short) has fallen silent. */
const ROUNDS_MISSED = 3;
const MOMENT_MS = 2_000;
/** Doubts, the gravest first. */
const DOUBTS = [
  "instrument-fault",
  "stuck",
  "inconsistent",
  "over-range",
  "laser-life-exceeded",
  "out-of-spec-temperature",
  "warming-up",
] as const;

/** What is to be said of sensors. */
export function ofSensors({
  sensors,
  now,
  readingEveryMs,
  startedUp,
}: Pick<DeviceReport, "sensors" | "readingEveryMs" | "startedUp"> & {
  readonly now: { readonly up: number };
}): readonly Finding[] {
  if (sensors.length === 0) return [found("sensors", "sensors-none")];
  const silentAfterMs = ROUNDS_MISSED * readingEveryMs + MOMENT_MS;
  return sensors.map((sensor) => {
    const { name, model, isReachable, hasSpoken, trouble, about, status } = sensor;
    const say = (code: FindingCode, values: Values = {}, detail: string | null = trouble) =>
      found(`sensor ${name}`, code, { model, ...values }, detail);
    if (sensor.isKernels && trouble !== null) return say("sensor-unreadable");
    if (sensor.isHung) return say("sensor-hung");
    if (!isReachable) return say("sensor-lost");
    const bad = sensor.badFrames - (sensor.lastBadFrames ?? 0);
    const isSilent = now.up - (sensor.lastUp ?? startedUp) > silentAfterMs;
    if (isSilent && bad > 0) return say("sensor-noise", { bad });
    if (isSilent && (sensor.lastUp !== null || !hasSpoken)) return say("sensor-silent");
    if (sensor.lastUp === null) return say(hasSpoken ? "sensor-well" : "sensor-waiting", {}, about);
    const doubt = DOUBTS.find((word) => status.includes(word));
    return say(doubt === undefined ? "sensor-well" : `sensor-${doubt}`, {}, about);
  });
}

function ofPosition({ position }: DeviceReport): Finding {
  if (position === null) return found("position", "position-none");
  const { isReachable, fix, trouble } = position;
  if (!isReachable) return found("position", "position-lost", {}, trouble);
  if (fix === null) return found("position", "position-no-fix", {}, trouble);
  return found("position", "position-well", { lat: fix.lat.toFixed(5), lon: fix.lon.toFixed(5) });
}

/** What is to be said of the clock. */
export function ofClock({ now: { clock } }: { readonly now: Pick<DeviceReport["now"], "clock"> }): Finding {
  if (clock === "none") return found("clock", "clock-none");
  return clock === "rtc" ? found("clock", "clock-rtc") : found("clock", "clock-well", { clock });
}

/** Less than a fifth of the room: with a truck's photos that is some days. */
const FILLING_PERCENT = 80;
/** What waits longer than a day tells that the link is gone, not that it is slow. */
const LONG_MS = 86_400_000;

function ofOutbox({ outbox, errors }: DeviceReport): Finding {
  const { total, trouble, bytesByClass, budgetBytes, ages } = outbox;
  if (trouble !== null) return found("outbox", "outbox-refuses", {}, trouble);
  const bytes = Object.values(bytesByClass).reduce((sum, one) => sum + one, 0);
  const percent = budgetBytes === null ? 0 : Math.round((100 * bytes) / budgetBytes);
  if (percent >= FILLING_PERCENT) return found("outbox", "outbox-filling", { percent, bytes });
  const age = Math.max(0, ...Object.values(ages).map((one) => one ?? 0));
  if (age > LONG_MS) return found("outbox", "outbox-long", { total, bytes, age });
  const dropped = Object.entries(errors).reduce((sum, [code, n]) => sum + (code.startsWith("dropped-") ? n : 0), 0);
  return dropped > 0 ? found("outbox", "outbox-dropped", { dropped }) : found("outbox", "outbox-well", { total });
}

function ofCertificate({ certificate, now }: DeviceReport): Finding {
  if (certificate === null) return found("certificate", "certificate-unneeded");
  return certificateFinding(certificate, now.at);
}

/** What is to be said of a certificate. `nowMs` is null where the time is unknown. */
export function certificateFinding(
  { serial, notAfter, trouble }: NonNullable<DeviceReport["certificate"]>,
  nowMs: number | null,
): Finding {
  if (trouble !== null && /certificate is not yet valid/.test(trouble)) {
    return found("certificate", "certificate-clock", {}, trouble);
  }
  if (serial === null) {
    const isAway = trouble !== null && /cannot be reached/.test(trouble);
    return found("certificate", isAway ? "certificate-waits" : "certificate-missing", {}, trouble);
  }
  const values = { serial: serial.slice(0, 12), notAfter: notAfter ?? 0 };
  if (nowMs !== null && nowMs > (notAfter ?? 0)) return found("certificate", "certificate-expired", values, trouble);
  return found("certificate", trouble === null ? "certificate-well" : "certificate-trouble", values, trouble);
}

function ofBroker({ uplink: { connected, trouble }, brokerUrl: url }: DeviceReport): Finding {
  return connected ? found("broker", "broker-well", { url }) : found("broker", "broker-away", { url }, trouble);
}

function ofTwin({ rev, settings, refused, onTrial, needsRestart, trouble }: DeviceReport["twin"]): Finding {
  const say = (code: FindingCode, count: number, detail: string | null = null) =>
    found("twin", code, { rev: rev ?? 0, count }, detail);
  const [first] = refused;
  if (trouble !== null) return say("twin-unkept", 0, trouble);
  if (needsRestart === true) return say("twin-restart", 0);
  if (onTrial) return say("twin-trial", 0);
  if (first !== undefined) return say("twin-refused", refused.length, `${first.setting}: ${first.reason}`);
  const count = Object.keys(settings).length;
  return say(count === 0 ? "twin-none" : "twin-well", count);
}

/** Said only where it matters: that a device takes updates is nothing to pay bytes for. */
const ofUpdates = ({ updatesTrouble: trouble }: DeviceReport): readonly Finding[] =>
  trouble === null ? [] : [found("updates", "updates-unreadable", {}, trouble)];

/** The journal keeps 16 MiB in reserve; a photo and its visit take 0.3 MiB: below this the end is near. */
const LOW_BYTES = 64 * 1024 * 1024;
/** The journal, a draft and a camera's scratch file need no more than some tens. */
const LOW_INODES = 100;

/** What is to be said of the disk under the data folder. */
export function ofDisk({ disk, diskTrouble }: Pick<DeviceReport["host"], "disk" | "diskTrouble">): readonly Finding[] {
  if (disk === null) return [found("disk", "disk-unknown", {}, diskTrouble)];
  const { freeBytes: free, totalBytes: total, freeInodes, isReadOnly } = disk;
  if (isReadOnly) return [found("disk", "disk-read-only")];
  if (free < LOW_BYTES) return [found("disk", "disk-low", { free, total })];
  if (freeInodes !== null && freeInodes < LOW_INODES) return [found("disk", "disk-inodes", { inodes: freeInodes })];
  return [found("disk", "disk-well", { free, total })];
}

/** Below it Linux throws programs out: a twentieth of the smallest device that we run on has 25 MB. */
const LOW_MEMORY = 0.05;

function ofMemory({ host: { rssBytes: rss, memory } }: DeviceReport): Finding {
  if (memory === null || memory.availableBytes >= memory.totalBytes * LOW_MEMORY) {
    return found("memory", "memory-well", { rss });
  }
  return found("memory", "memory-low", { rss, available: memory.availableBytes, total: memory.totalBytes });
}

function ofCard({ card: { today, budgetBytes: budget, isOver, packFactor } }: DeviceReport): Finding {
  const written = Math.max(today.ownBytes, today.cardBytes ?? 0);
  if (!isOver) return found("card", "card-well", { written, budget });
  const facts = { written, budget, own: today.ownBytes };
  return found("card", packFactor > 1 ? "card-worn" : "card-worn-by-others", facts);
}

/** What is to be said of the supply. */
export function ofPower({ power: { facts, duty } }: Pick<DeviceReport, "power">): Finding {
  const { isUndervolted, sinceBoot, chargePercent: charge } = facts;
  if (isUndervolted === true) return found("power", "power-undervoltage");
  // What the device does less for its battery is its camera and its bursts; heat has a finding of its own.
  if (charge !== null && duty.burstMs > 0) return found("power", "power-low", { charge }, duty.reason);
  if (sinceBoot?.includes("undervoltage")) return found("power", "power-was-undervoltage");
  if (charge !== null) return found("power", "power-battery", { charge });
  return found("power", isUndervolted === null ? "power-unknown" : "power-well");
}

/** A Raspberry Pi slows down here (research/edge.md, 4.2); edge/power/duty.ts does less from here on. */
const HOT_C = 80;

/** What is to be said of the heat. */
export function ofHeat({ power: { facts } }: { readonly power: Pick<DeviceReport["power"], "facts"> }): Finding {
  const { temperatureC, isThrottled } = facts;
  const celsius = temperatureC === null ? "?" : Math.round(temperatureC);
  if (temperatureC !== null && temperatureC >= HOT_C) return found("heat", "heat-hot", { celsius });
  if (isThrottled === true) return found("heat", "heat-throttled", { celsius });
  return found("heat", temperatureC === null ? "heat-unknown" : "heat-well", { celsius });
}

/** What is to be said of the runs before. */
export function ofRuns({ runs: { last, starts, isLooping } }: Pick<DeviceReport, "runs">): Finding {
  if (last === null) return found("runs", "runs-first");
  return found("runs", isLooping ? "runs-loop" : `runs-${last.end}`, { starts }, last.error);
}
