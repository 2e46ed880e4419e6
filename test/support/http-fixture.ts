import { createHash } from "node:crypto";
import { type Bulletin, keyOf } from "../../cloud/air/bulletins/bulletin.ts";
import type { Averages } from "../../cloud/air/windows/rolling-air.ts";
import type { Artefacts } from "../../cloud/fleet/artefacts/artefacts.ts";
import type { Fleet } from "../../cloud/fleet/fleet.ts";
import type { Twins } from "../../cloud/fleet/twins/twins.ts";
import type { Rollouts } from "../../cloud/fleet/waves/rollouts.ts";
import { buildHttp, type Http, type HttpParts, startHttp } from "../../cloud/http/http.ts";
import type { IngestEvent } from "../../cloud/ingest/events.ts";
import { indexRegistry } from "../../cloud/registry/registry-index.ts";
import type { AlertRow, DeadLetterRow, LatestSample, StateView, VisitRow } from "../../cloud/store/state/state-view.ts";
import type { VisitPhoto } from "../../common/contract/messages.ts";
import type { Registry } from "../../common/contract/registry.ts";
import type { Closer } from "../../common/kit/closer.ts";
import { createLogger } from "../../common/kit/logger.ts";

/** The moment at which these tests play; the clock stands until a test moves it. */
export const NOW_MS = 1_800_000_000_000;
export const ADMIN_TOKEN = "an-administrators-token-of-a-test";
export const STALE_AFTER_MS = 900_000;
const OFFLINE_AFTER_MS = 7_200_000;

export const REGISTRY: Registry = {
  municipalities: [{ id: "town", tenant: "chel", name: { ru: "Город", en: "Town" } }],
  stations: ["st-1", "st-2"].map((id) => ({
    id,
    tenant: "chel",
    municipality: "town",
    name: { ru: "Пост", en: "Post" },
    position: [61.4, 55.16],
    demo: true,
  })),
  sites: ["site-1", "site-2"].map((id) => ({
    id,
    tenant: "chel",
    municipality: "town",
    name: { ru: "Площадка", en: "Site" },
    position: [61.41, 55.17],
    demo: true,
  })),
  assignments: [{ tenant: "chel", device: "air-0001", station: "st-1", from: 0 }],
};

const INDEX = indexRegistry(REGISTRY);

export const BEFORE_SHA = "b".repeat(64);
export const AFTER_SHA = "a".repeat(64);

export function aSample(change: Partial<LatestSample> = {}): LatestSample {
  return { station: "st-1", sensor: "sds011", at: NOW_MS - 1000, values: { pm25: 35.5 }, replay: null, ...change };
}

export function aVisitPhoto(change: Partial<VisitPhoto> = {}): VisitPhoto {
  return {
    role: "after",
    sha: AFTER_SHA,
    takenAt: NOW_MS - 5000,
    state: "overflow",
    probabilities: { clean: 0.05, overflow: 0.9, scattered: 0.04, not_a_site: 0.01 },
    model: "c".repeat(64),
    ...change,
  };
}

export function aVisit(change: Partial<VisitRow> = {}): VisitRow {
  return {
    tenant: "chel",
    device: "truck-0001",
    visit: "visit-1",
    site: "site-1",
    startedAt: NOW_MS - 60_000,
    endedAt: NOW_MS - 4000,
    storedAt: NOW_MS - 3000,
    signature: "valid",
    timeErrorMs: null,
    pair: null,
    photos: [aVisitPhoto({ role: "before", sha: BEFORE_SHA, state: "scattered" }), aVisitPhoto()],
    ...change,
  };
}

export function anAlert(change: Partial<AlertRow> = {}): AlertRow {
  return {
    id: "alert-1",
    cause: "dirty-after",
    site: "site-1",
    municipality: "town",
    createdAt: NOW_MS - 3000,
    acknowledgedAt: null,
    acknowledgedBy: null,
    visit: aVisit(),
    ...change,
  };
}

/** What a state store holds; a test changes it and then tells the pages. */
export interface StateContents {
  samples: LatestSample[];
  /** By station. */
  averages: Map<string, Averages>;
  visits: VisitRow[];
  alerts: AlertRow[];
  bulletins: Bulletin[];
  deadLetters: DeadLetterRow[];
  whole: Set<string>;
}

/** A state view over lists. */
export function viewOf(state: StateContents): StateView {
  return {
    latestSamples: () => state.samples,
    averages: () => [...state.averages].map(([station, averages]) => ({ station, averages })),
    averagesOf: (station) => state.averages.get(station) ?? {},
    latestSamplesOf: (station) => state.samples.filter((sample) => sample.station === station),
    lastVisits: () => state.visits,
    lastVisitOf: (site) => state.visits.find((visit) => visit.site === site),
    alerts: () => state.alerts,
    openAlertIdsOf: (site) =>
      state.alerts.filter((alert) => alert.site === site && alert.acknowledgedAt === null).map(({ id }) => id),
    alert: (id) => state.alerts.find((alert) => alert.id === id),
    bulletins: () => state.bulletins,
    deadLetters: (limit) => state.deadLetters.slice(0, limit),
    wholePhotos: (shas) => new Set(shas.filter((sha) => state.whole.has(sha))),
    wholePhotosOf: (_, shas) => new Set(shas.filter((sha) => state.whole.has(sha))),
    deviceHealth: () => undefined,
    timeUnknown: () => [],
    timeUnknownOf: () => undefined,
    counts: () => ({ messages: 7 }),
    close: async () => {},
  };
}

const notHere = () => Promise.reject(new Error("these tests ask no authority"));

/** An authority that has issued nothing. */
const emptyFleet: Fleet = {
  claim: notHere,
  enrol: notHere,
  nonce: notHere,
  renew: notHere,
  revoke: async () => undefined,
  certificates: async () => [],
  revocationList: notHere,
  authority: notHere,
  counts: async () => ({ certificates: 0, revoked: 0, claimsRefused: 0 }),
};

/** Twins of which nobody wants anything. */
const noTwins: Twins = { twin: notHere, putTwin: notHere, devices: async () => [] };

/** No update was ever rolled out. */
const noRollouts: Rollouts = {
  addRollout: notHere,
  rollouts: async () => [],
  rollout: async () => undefined,
  stepRollout: notHere,
  removeArtefact: async () => "missing",
};

/** A folder without files. */
const noArtefacts: Artefacts = {
  size: async () => undefined,
  read: async () => undefined,
  put: notHere,
  list: async () => [],
};

/** The HTTP part over lists, with a clock that a test moves and a hand to tell events. */
export interface HttpFixture extends HttpParts {
  readonly state: StateContents;
  readonly tell: (event: IngestEvent) => void;
  readonly passMs: (ms: number) => void;
}

/** Parts for `buildHttp`; give what differs. */
export function httpParts(change: Partial<HttpParts> = {}): HttpFixture {
  const state: StateContents = {
    samples: [aSample()],
    averages: new Map(),
    visits: [aVisit()],
    alerts: [anAlert()],
    bulletins: [],
    deadLetters: [],
    whole: new Set([BEFORE_SHA]),
  };
  const listeners = new Set<(event: IngestEvent) => void>();
  let nowMs = NOW_MS;
  const acknowledge = async (id: string, by: string): Promise<boolean> => {
    const open = state.alerts.find((alert) => alert.id === id);
    if (open === undefined) return false;
    const done = { ...open, acknowledgedAt: open.acknowledgedAt ?? nowMs, acknowledgedBy: open.acknowledgedBy ?? by };
    state.alerts = state.alerts.map((alert) => (alert.id === id ? done : alert));
    return true;
  };
  return {
    state,
    tell: (event) => {
      for (const listener of listeners) listener(event);
    },
    passMs: (ms) => {
      nowMs += ms;
    },
    view: viewOf(state),
    measurements: {
      samples: async () => [],
      check: async () => ({ ok: true, detail: "well" }),
    },
    airWindows: { windows: async () => [] },
    photos: { read: async (sha) => (state.whole.has(sha) ? Buffer.from(`jpeg ${sha}`) : undefined) },
    ingest: {
      health: () => ({
        air: { isConnected: true, trouble: null, acknowledged: 5 },
        sites: { isConnected: true, trouble: null, acknowledged: 2 },
      }),
      onEvent: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      acknowledgeAlert: acknowledge,
      putBulletin: async (bulletin) => {
        const known = state.bulletins.find((one) => keyOf(one) === keyOf(bulletin));
        if (known === undefined) state.bulletins = [bulletin, ...state.bulletins];
        if (known === undefined) return "kept";
        return JSON.stringify(known) === JSON.stringify(bulletin) ? "known" : "taken";
      },
    },
    fleet: emptyFleet,
    twins: noTwins,
    rollouts: noRollouts,
    artefacts: noArtefacts,
    artefactBytesPerS: 1_000_000_000,
    openDataPerMinute: 1_000,
    mapPerMinute: 10_000,
    attribution: "Town of the tests",
    registry: { current: () => INDEX, trouble: () => null },
    adminTokenSha256: createHash("sha256").update(ADMIN_TOKEN).digest("hex"),
    staleAfterMs: STALE_AFTER_MS,
    offlineAfterMs: OFFLINE_AFTER_MS,
    clock: { nowMs: () => nowMs, monotonicMs: () => nowMs },
    log: createLogger("test", "silent"),
    webDir: "/nonexistent",
    ...change,
  };
}

/** Builds without listening. */
export const openHttp = (parts: HttpFixture): Promise<Http> => buildHttp(parts);

/** Listens on a free port of loopback. */
export const listenHttp = (parts: HttpFixture): Promise<Closer & { readonly url: string }> =>
  startHttp({ ...parts, host: "127.0.0.1", port: 0 });
