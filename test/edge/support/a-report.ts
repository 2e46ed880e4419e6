import type { DeviceReport } from "../../../edge/health/device-report.ts";
import { dutyOf, firstCauses } from "../../../edge/power/duty.ts";
import { UNKNOWN_POWER } from "../../../edge/power/power-facts.ts";
import { NOTHING_PENDING } from "./fakes.ts";
import { STAMP } from "./messages.ts";

type SensorReport = DeviceReport["sensors"][number];

/** A sensor that is well; give what differs. */
export function aSensorReport(change: Partial<SensorReport> = {}): SensorReport {
  return {
    isKernels: false,
    isReachable: true,
    hasSpoken: true,
    badFrames: 0,
    trouble: null,
    about: null,
    name: "sds011",
    model: "sds011",
    lastUp: STAMP.up,
    lastBadFrames: 0,
    isHung: false,
    status: [],
    ...change,
  };
}

/** A truck that is well; give what differs. */
export function aReport(change: Partial<DeviceReport> = {}): DeviceReport {
  return {
    tenant: "demo",
    device: "truck-1",
    software: "0.1.0",
    model: "d".repeat(64),
    modelTrouble: null,
    verdicts: null,
    photoTrouble: null,
    updates: [],
    updatesTrouble: null,
    now: STAMP,
    outbox: { ...NOTHING_PENDING, log: "log-1", ages: {} },
    brokerUrl: "mqtts://broker.example:8883",
    host: {
      disk: { freeBytes: 24e9, totalBytes: 32e9, freeInodes: 1_900_000, isReadOnly: false },
      diskTrouble: null,
      rssBytes: 98e6,
      memory: { availableBytes: 600e6, totalBytes: 1e9 },
    },
    runs: { last: null, starts: 1, days: {}, isLooping: false },
    traffic: {},
    readingEveryMs: 60_000,
    power: {
      profile: "mains",
      facts: { ...UNKNOWN_POWER, temperatureC: 51.2, isUndervolted: false, isThrottled: false, sinceBoot: [] },
      duty: dutyOf(firstCauses([], 0), UNKNOWN_POWER),
    },
    card: {
      today: { day: "2026-11-22", ownBytes: 30_000_000, cardBytes: 120_000_000 },
      before: null,
      budgetBytes: 500_000_000,
      isOver: false,
      packFactor: 1,
    },
    noProgress: null,
    startedUp: 0,
    uplink: {
      connected: true,
      attempts: 1,
      connections: 1,
      trouble: null,
      stored: null,
      traffic: { sentBytes: 123_456_789, receivedBytes: 1_234_567 },
    },
    twin: { rev: null, settings: {}, refused: [], onTrial: false, trouble: null },
    certificate: { serial: "4f".repeat(16), notAfter: STAMP.at + 60 * 86_400_000, trouble: null },
    errors: {},
    sensors: [aSensorReport(), aSensorReport({ name: "bme280", model: "bme280", isKernels: true })],
    position: null,
    camera: { camera: "rpicam", reason: null, trouble: null, lastShotAt: null, openVisits: [] },
    ...change,
  };
}
