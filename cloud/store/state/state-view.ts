import { z } from "zod";
import type { VisitPair, VisitPhoto } from "#contract/messages.ts";
import type { Address } from "#contract/names.ts";
import type { Closer } from "#kit/closer.ts";
import type { Bulletin } from "../../air/bulletins/bulletin.ts";
import { Pollutant } from "../../air/pollutants.ts";
import type { Averages } from "../../air/windows/rolling-air.ts";
import type { AveragesRow } from "../../air/windows/station-averages.ts";

/** What is known of a sample beside its values: the instrument, and what quality control said of it. */
export const SampleNotes = z.object({
  model: z.string().nullable(),
  /** Corrected concentrations by pollutant. */
  corrected: z.partialRecord(Pollutant, z.number()),
  correction: z.string().nullable(),
  flags: z.array(z.string()),
  confidence: z.number(),
});
export type SampleNotes = z.infer<typeof SampleNotes>;

/** The newest sample of one sensor at one station. */
export interface LatestSample {
  readonly station: string;
  readonly sensor: string;
  readonly at: number;
  readonly values: Readonly<Record<string, number>>;
  /** Name of the recording that is replayed, or null. */
  readonly replay: string | null;
  /** There where the device did not know the time and it was derived: how far it may be off. */
  readonly timeErrorMs?: number;
  /** Absent where it was stored before such were kept. */
  readonly notes?: SampleNotes;
}

/** A visit as it is kept. */
export interface VisitRow {
  readonly tenant: string;
  readonly device: string;
  readonly visit: string;
  readonly site: string;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  /** When the cloud stored it, UTC ms. */
  readonly storedAt: number;
  readonly signature: "valid" | "invalid" | "unknown-key";
  /** With the times that are shown: where the device did not know them they are derived from its boot. */
  readonly photos: readonly VisitPhoto[];
  /** What the device said of both photos together; null where it said nothing. */
  readonly pair: VisitPair | null;
  /** How far derived times may be off; null where none is derived. */
  readonly timeErrorMs: number | null;
}

/** What waits for the time of a device's boots. */
export interface TimeUnknownRow {
  readonly tenant: string;
  readonly device: string;
  readonly boots: number;
  readonly readings: number;
  /** Of the readings, those whose time is known by now and that had no station then. */
  readonly withoutStation: number;
  /** Of the readings, those whose boot tells no time that can be believed: its clocks contradict each other. */
  readonly doubtful: number;
  readonly visits: number;
  readonly bytes: number;
  /** When the oldest of the readings came, UTC ms; null where only visits wait. */
  readonly since: number | null;
}

/** An alert as it is kept. */
export interface AlertRow {
  readonly id: string;
  readonly cause: "dirty-after";
  readonly site: string;
  readonly municipality: string;
  readonly createdAt: number;
  readonly acknowledgedAt: number | null;
  readonly acknowledgedBy: string | null;
  readonly visit: VisitRow;
}

/** A message that could not be used. */
export interface DeadLetterRow {
  readonly topic: string;
  readonly sha256: string;
  readonly reason: string;
  readonly detail: string;
  readonly at: number;
  readonly times: number;
  readonly bytes: number;
}

/** The newest health message of a device, with the newest facts that it told. */
export interface DeviceHealthRow {
  readonly at: number;
  readonly health: Readonly<Record<string, unknown>>;
}

/** Read-only view of the state store for pages and API; it sees each transaction of the ingest once committed. */
export interface StateView extends Closer {
  latestSamples(): readonly LatestSample[];
  latestSamplesOf(station: string): readonly LatestSample[];
  /** The averages of every station that has some, and of one. */
  averages(): readonly AveragesRow[];
  averagesOf(station: string): Averages;
  lastVisits(): readonly VisitRow[];
  lastVisitOf(site: string): VisitRow | undefined;
  /** Every open alert and the newest acknowledged ones, newest first. */
  alerts(): readonly AlertRow[];
  openAlertIdsOf(site: string): readonly string[];
  alert(id: string): AlertRow | undefined;
  /** Official bulletins as they were given, the newest first, cancellations too. */
  bulletins(): readonly Bulletin[];
  deadLetters(limit: number): readonly DeadLetterRow[];
  /** Devices of which readings or visits have no known time. */
  timeUnknown(): readonly TimeUnknownRow[];
  /** The same of one device; undefined where nothing of it waits. */
  timeUnknownOf(device: Address): TimeUnknownRow | undefined;
  /** Which of these photos are whole and checked, whoever sent them. */
  wholePhotos(shas: readonly string[]): ReadonlySet<string>;
  /** Which of these photos the device itself has sent, whole and checked: only those prove what its visits say. */
  wholePhotosOf(device: Address, shas: readonly string[]): ReadonlySet<string>;
  /** What a device said of itself last, and when it was stored (UTC ms); undefined where it never did. */
  deviceHealth(device: Address): DeviceHealthRow | undefined;
  /** Totals by name: messages, visits, photos, alerts, dead letters by reason. */
  counts(): Readonly<Record<string, number>>;
}
