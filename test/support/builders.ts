import { createHash } from "node:crypto";
import { encode } from "#contract/codec.ts";
import { makeKeyPair } from "#contract/ed25519.ts";
import { signVisit } from "#contract/evidence.ts";
import type { Chunk, Gap, Health, Message, PhotoNotice, Reading, Visit } from "#contract/messages.ts";
import type { Address } from "#contract/names.ts";
import type { Registry } from "#contract/registry.ts";
import { topics } from "#contract/topics.ts";

/** The moment that the builders' messages are about. */
export const NOON = Date.UTC(2026, 8, 21, 12);
export const POST: Address = { tenant: "kirov", device: "post-0001" };
export const TRUCK: Address = { tenant: "kirov", device: "truck-0001" };
/** Signs the builders' visits. */
export const TRUCK_KEYS = makeKeyPair();

const sha = (bytes: Uint8Array | string) => createHash("sha256").update(bytes).digest("hex");

function stamp(log: string, seq: number) {
  return { v: 1 as const, at: NOON, clock: "ntp" as const, boot: "boot-1", up: 60_000, log, seq, id: `${log}-${seq}` };
}

/** A reading of one SDS011 sample. */
export function aReading(change: Partial<Reading> = {}): Reading {
  return {
    ...stamp(change.log ?? "log-post", change.seq ?? 1),
    kind: "reading",
    sensor: "sds011",
    model: "sds011",
    samples: [{ at: change.at ?? NOON, up: 60_000, values: { pm25: 12.5, pm10: 20.1 } }],
    ...change,
  };
}

/** A visit that left its site clean, signed by `TRUCK_KEYS` unless the change brings a signature. */
export function aVisit(change: Partial<Visit> = {}): Visit {
  const body = {
    ...stamp(change.log ?? "log-truck", change.seq ?? 1),
    kind: "visit" as const,
    visit: "visit-1",
    site: "site-1",
    startedAt: NOON - 60_000,
    endedAt: NOON,
    photos: [aVisitPhoto({ role: "before", sha: sha("before") }), aVisitPhoto()],
    prev: null,
    ...change,
  };
  return { ...body, sig: change.sig ?? signVisit(body, TRUCK_KEYS.privateKeyPem) };
}

/** An "after" photo that was judged clean. */
export function aVisitPhoto(change: Partial<Visit["photos"][number]> = {}): Visit["photos"][number] {
  return {
    role: "after",
    sha: sha("after"),
    takenAt: NOON - 1_000,
    state: "clean",
    probabilities: { clean: 0.9, overflow: 0.05, scattered: 0.03, not_a_site: 0.02 },
    model: sha("model"),
    ...change,
  };
}

/** A photo as it travels: its notice has number `seq`, its pieces the numbers after it. */
export function aPhoto(
  bytes: Uint8Array,
  change: { readonly log?: string; readonly seq?: number; readonly pieceBytes?: number; readonly sha?: string } = {},
): { readonly sha: string; readonly notice: PhotoNotice; readonly chunks: readonly Chunk[] } {
  const { log = "log-truck", seq = 1, pieceBytes = 32 * 1024 } = change;
  const hash = change.sha ?? sha(bytes);
  const n = Math.max(1, Math.ceil(bytes.length / pieceBytes));
  const notice: PhotoNotice = { ...stamp(log, seq), kind: "photo", sha: hash, bytes: bytes.length, n };
  const chunks = Array.from(
    { length: n },
    (_, i): Chunk => ({
      ...stamp(log, seq + 1 + i),
      kind: "chunk",
      sha: hash,
      i,
      n,
      bytes: bytes.subarray(i * pieceBytes, (i + 1) * pieceBytes),
    }),
  );
  return { sha: hash, notice, chunks };
}

/** What a device with an empty outbox says of itself. */
export function aHealth(change: Partial<Health> = {}): Health {
  return {
    ...stamp(change.log ?? "log-truck", change.seq ?? 1),
    kind: "health",
    software: "test",
    model: null,
    oldestPending: null,
    pending: 0,
    errors: {},
    ...change,
  };
}

/** A gap of the numbers 2 to 4 of the truck's own log. */
export function aGap(change: Partial<Gap> = {}): Gap {
  return {
    ...stamp(change.log ?? "log-truck", change.seq ?? 5),
    kind: "gap",
    lostLog: "log-truck",
    class: "reading",
    ranges: [[2, 4]],
    reason: "quota",
    by: "outbox",
    ...change,
  };
}

/** A registry with one municipality, two stations and one site; the post stands at `station-1` from the beginning. */
export function aRegistry(change: Partial<Registry> = {}): Registry {
  const name = (text: string) => ({ ru: text, en: text });
  const place = { tenant: "kirov", municipality: "town", demo: false };
  return {
    municipalities: [{ id: "town", tenant: "kirov", name: name("Town") }],
    stations: [
      { ...place, id: "station-1", name: name("One"), position: [49.6, 58.6] },
      { ...place, id: "station-2", name: name("Two"), position: [49.7, 58.6] },
    ],
    sites: [{ ...place, id: "site-1", name: name("Site"), position: [49.65, 58.6] }],
    assignments: [{ ...POST, station: "station-1", from: 0 }],
    ...change,
  };
}

/** A message as a consumer gets it. */
export function letterOf(message: Message, from: Address): { readonly topic: string; readonly payload: Uint8Array } {
  return { topic: topics.data(from, message.kind), payload: encode(message) };
}
