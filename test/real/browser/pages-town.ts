import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { build } from "vite";
import { type HttpParts, startHttp } from "../../../cloud/http/http.ts";
import { indexRegistry } from "../../../cloud/registry/registry-index.ts";
import type { AirWindow, WindowsQuery } from "../../../cloud/store/measurements/air-windows.ts";
import type { AlertRow, LatestSample, VisitRow } from "../../../cloud/store/state/state-view.ts";
import type { SiteState, VisitPhoto } from "../../../common/contract/messages.ts";
import type { Registry } from "../../../common/contract/registry.ts";
import { systemClock } from "../../../common/kit/clock.ts";
import type { Closer } from "../../../common/kit/closer.ts";
import { drawSite } from "../../../models/samples/drawn-site.ts";
import { type HttpFixture, httpParts, type StateContents } from "../../support/http-fixture.ts";

const WEB_DIR = "cloud/web/dist";
const MINUTE_MS = 60_000;
const shaOf = (text: string): string => createHash("sha256").update(text).digest("hex");

const TOWNS = [
  { id: "kopeysk", ru: "Копейск", en: "Kopeysk", lng: 61.62, lat: 55.11 },
  { id: "korkino", ru: "Коркино", en: "Korkino", lng: 61.4, lat: 54.9 },
] as const;
const STREETS = [
  ["Ленина", "Lenina"],
  ["Победы", "Pobedy"],
  ["Мира", "Mira"],
  ["Шахтёров", "Shakhtyorov"],
  ["Кирова", "Kirova"],
  ["Гагарина", "Gagarina"],
  ["Школьная", "Shkolnaya"],
  ["Лесная", "Lesnaya"],
  ["Садовая", "Sadovaya"],
  ["Труда", "Truda"],
] as const;

/** Where the n-th place of a town lies: a sunflower spiral, evenly spread and always the same. */
function spread(town: (typeof TOWNS)[number], n: number, radiusKm: number): [number, number] {
  const angle = n * 2.399_963;
  const km = radiusKm * Math.sqrt((n + 0.6) / 20);
  return [town.lng + (km / 64) * Math.cos(angle), town.lat + (km / 111) * Math.sin(angle)];
}

/** Two municipalities with twelve stations and forty sites. */
export const REGISTRY: Registry = {
  municipalities: TOWNS.map(({ id, ru, en }) => ({ id, tenant: "chel", name: { ru, en } })),
  stations: TOWNS.flatMap((town, t) =>
    [0, 1, 2, 3, 4, 5].map((n) => ({
      id: `st-${t}${n}`,
      tenant: "chel",
      municipality: town.id,
      name: { ru: `${STREETS[n]?.[0] ?? ""}, школа № ${n + 1}`, en: `${STREETS[n]?.[1] ?? ""}, school ${n + 1}` },
      position: spread(town, n * 3 + 2, 4.6),
      demo: n !== 0,
    })),
  ),
  sites: TOWNS.flatMap((town, t) =>
    Array.from({ length: 20 }, (_, n) => ({
      id: `site-${t}${String(n).padStart(2, "0")}`,
      tenant: "chel",
      municipality: town.id,
      name: {
        ru: `ул. ${STREETS[n % 10]?.[0] ?? ""}, ${3 + n * 2}`,
        en: `${3 + n * 2} ${STREETS[n % 10]?.[1] ?? ""} street`,
      },
      position: spread(town, n, 5.2),
      demo: n % 5 !== 0,
    })),
  ),
  assignments: [],
};

/** The address of the map close enough to a station that no cluster hides it. */
export function near(id: string): string {
  const [lng, lat] = REGISTRY.stations.find((station) => station.id === id)?.position ?? [0, 0];
  return `#/?map=${lat.toFixed(4)},${lng.toFixed(4)},13.0`;
}

const PM25 = [6.2, 21, 44, 87, 168, 260, 12, 30, 8, 3, 18, 40];
const STATES: readonly SiteState[] = [
  "clean",
  "overflow",
  "clean",
  "scattered",
  "clean",
  "unsure",
  "clean",
  "unusable",
];

export function samplesOf(station: string, pm25: number, at: number, replay: string | null = null): LatestSample[] {
  return [
    { station, sensor: "sds011", at, values: { pm25, pm10: pm25 * 1.6 }, replay },
    { station, sensor: "bme280", at, values: { temperature: -7.4, humidity: 71, pressure: 1012 }, replay: null },
  ];
}

/** Waste in the lower left of the picture. */
const HEAT = {
  w: 7,
  h: 7,
  cells: Buffer.from(Array.from({ length: 49 }, (_, i) => (i % 7 < 3 && i >= 28 ? 160 + 3 * (i - 28) : 126))).toString(
    "base64",
  ),
};

function photo(role: VisitPhoto["role"], state: SiteState, takenAt: number): VisitPhoto {
  const p = { clean: 0.02, overflow: 0.03, scattered: 0.02, not_a_site: 0.01 };
  const isClass = state === "clean" || state === "overflow" || state === "scattered" || state === "not_a_site";
  const probabilities = state === "unusable" ? null : isClass ? { ...p, [state]: 0.93 } : { ...p, clean: 0.48 };
  const looked = state === "unusable" ? { reason: "covered", heat: null } : { reason: null, heat: HEAT };
  return { role, sha: shaOf(state), takenAt, state, probabilities, ...looked, model: "c".repeat(64) };
}

/** A visit of a site whose "after" was judged so; its photos are named after their states. */
export function visitOf(site: string, after: SiteState, endedAt: number, timeErrorMs: number | null = null): VisitRow {
  return {
    tenant: "chel",
    device: "truck-0001",
    visit: `visit-${site}-${endedAt}`,
    site,
    startedAt: endedAt - 4 * MINUTE_MS,
    endedAt,
    storedAt: endedAt,
    signature: "valid",
    timeErrorMs,
    pair: { samePlace: 0.97, cleaner: after === "clean" ? 0.96 : 0.4 },
    photos: [
      photo("before", after === "overflow" ? "scattered" : "overflow", endedAt - 4 * MINUTE_MS),
      photo("after", after, endedAt - MINUTE_MS),
    ],
  };
}

export function alertOf(visit: VisitRow, createdAt: number): AlertRow {
  const municipality = REGISTRY.sites.find(({ id }) => id === visit.site)?.municipality ?? "";
  return {
    id: `alert-${visit.visit}`,
    cause: "dirty-after",
    site: visit.site,
    municipality,
    createdAt,
    acknowledgedAt: null,
    acknowledgedBy: null,
    visit,
  };
}

/** A day of fine dust: a calm night, two rush hours, and an hour without any reading. */
function daySeries(fromMs: number, toMs: number): [number, number][] {
  const stepMs = (toMs - fromMs) / 280;
  return Array.from({ length: 280 }, (_, i): [number, number] => {
    const at = fromMs + i * stepMs;
    const hour = (at / 3_600_000) % 24;
    const rush = 26 * Math.exp(-((hour - 4) ** 2) / 3) + 34 * Math.exp(-((hour - 14) ** 2) / 5);
    return [Math.round(at), Math.max(1, 7 + rush + 2.5 * Math.sin(i * 1.7) + 1.5 * Math.sin(i * 0.61))];
  }).filter((_, i) => i < 150 || i > 162);
}

/** Fine dust of each station that is asked for. */
function townWindows({
  stations = [],
  pollutant = "pm25",
  resolution,
  fromMs,
  toMs,
}: WindowsQuery): readonly AirWindow[] {
  if (pollutant !== "pm25") return [];
  return stations.flatMap((station) =>
    station === "st-02"
      ? dayWindows(fromMs, toMs)
      : daySeries(fromMs, toMs).map(([start, value]) => ({
          tenant: "chel",
          station,
          pollutant,
          resolution,
          start,
          value,
          raw: value,
          minutes: 1,
          coverage: 1,
          confidence: 1,
          flags: [],
          correction: null,
        })),
  );
}

/** A day of minutes of one station: raw above corrected, an hour of silence, and an hour of a stuck channel. */
function dayWindows(fromMs: number, toMs: number): readonly AirWindow[] {
  const first = Math.ceil(fromMs / MINUTE_MS);
  return Array.from({ length: Math.floor(toMs / MINUTE_MS) - first }, (_, i): AirWindow => {
    const isDoubtful = i >= 900 && i < 960;
    const raw = 30 + 18 * Math.sin(i / 180) + 3 * Math.sin(i);
    return {
      tenant: "chel",
      station: "st-02",
      pollutant: "pm25",
      resolution: "m1",
      start: (first + i) * MINUTE_MS,
      value: isDoubtful ? null : raw * 0.62,
      raw,
      minutes: isDoubtful ? 0 : 1,
      coverage: isDoubtful ? 0 : 1,
      confidence: isDoubtful ? 0.2 : 0.95,
      flags: isDoubtful ? ["channels-disagree"] : [],
      correction: "epa-2021@1",
    };
  }).filter((_, i) => i < 400 || i >= 440);
}

/** How far the times of the first visits may be off: those devices did not know the time. */
const TIME_ERRORS_MS = [300_360, 2_054];

/** Drawing takes a second or two: once for all towns of a test file. */
let drawnPhotos: Promise<ReadonlyMap<string, Uint8Array>> | undefined;

async function drawPhotos(): Promise<ReadonlyMap<string, Uint8Array>> {
  const drawn = new Map<string, Uint8Array>();
  for (const state of ["clean", "overflow", "scattered"] as const) {
    drawn.set(shaOf(state), await drawSite({ seed: 7, state, widthPx: 960, heightPx: 720 }));
  }
  for (const state of ["unsure", "unusable"] as const) {
    drawn.set(shaOf(state), await drawSite({ seed: 3, state: "clean", widthPx: 64, heightPx: 48 }));
  }
  return drawn;
}

function fill(state: StateContents): void {
  const nowMs = Date.now();
  state.samples = REGISTRY.stations.flatMap(({ id }, i) => {
    if (i === 11) return [];
    const at = i === 10 ? nowMs - 95 * MINUTE_MS : nowMs;
    const samples = samplesOf(id, PM25[i] ?? 10, at, i === 6 ? "albany/2023-10" : null);
    return i === 3 ? samples.map((sample) => ({ ...sample, timeErrorMs: 300_000 })) : samples;
  });
  state.visits = REGISTRY.sites
    .filter((_, i) => i % 9 !== 8)
    .map(({ id }, i) =>
      visitOf(id, STATES[i % STATES.length] ?? "clean", nowMs - (5 + i * 7) * MINUTE_MS, TIME_ERRORS_MS[i] ?? null),
    );
  state.alerts = state.visits
    .filter(({ photos }) => photos.some(({ role, state }) => role === "after" && /overflow|scattered/.test(state)))
    .slice(0, 5)
    .map((visit) => alertOf(visit, visit.storedAt));
  state.whole = new Set(state.visits.flatMap(({ photos }) => photos.map(({ sha }) => sha)));
}

/** Builds beside and renames, so that two test files that start at once do not disturb each other. */
async function buildPages(): Promise<void> {
  await mkdir(".cache", { recursive: true });
  const outDir = await mkdtemp(`${process.cwd()}/.cache/pages-`);
  await build({ configFile: "cloud/web/vite.config.ts", logLevel: "error", build: { outDir } });
  // Where another file was faster, its pages are as good.
  await rename(outDir, WEB_DIR).catch(() => rm(outDir, { recursive: true, force: true }));
}

/** The cloud's real HTTP part over lists that a test changes, with a whole town in them. */
export interface PagesTown extends Closer {
  readonly url: string;
  readonly fixture: HttpFixture;
  /** Puts the lists back to what they were at the start, with readings of this moment. */
  reset(): void;
  /** Stops the server, streams and all, and starts it again at the same address. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

/** Starts it on a free port; builds the pages where they are not built yet. */
export async function startPagesTown(change: Partial<HttpParts> = {}): Promise<PagesTown> {
  if (!existsSync(`${WEB_DIR}/index.html`)) await buildPages();
  drawnPhotos ??= drawPhotos();
  const photos = await drawnPhotos;
  const fixture = httpParts({
    clock: systemClock,
    webDir: `${process.cwd()}/${WEB_DIR}`,
    registry: { current: () => indexRegistry(REGISTRY), trouble: () => null },
    photos: { read: async (sha) => photos.get(sha) },
    measurements: {
      samples: async () => [],
      check: async () => ({ ok: true, detail: "well" }),
    },
    airWindows: { windows: async (query) => townWindows(query) },
    ...change,
  });
  fill(fixture.state);

  let http = await startHttp({ ...fixture, host: "127.0.0.1", port: 0 });
  const { url } = http;
  return {
    url,
    fixture,
    reset: () => fill(fixture.state),
    stop: () => http.close(),
    start: async () => {
      http = await startHttp({ ...fixture, host: "127.0.0.1", port: Number(new URL(url).port) });
    },
    close: () => http.close(),
  };
}
