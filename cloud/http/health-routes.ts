import type { z } from "zod";
import { messageOf } from "#kit/errors.ts";
import { wait } from "#kit/wait.ts";
import type { Fleet, FleetCounts } from "../fleet/fleet.ts";
import type { Ingest, IngestHealth } from "../ingest/events.ts";
import type { SseHub } from "../live/sse-hub.ts";
import type { RegistryWatch } from "../registry/watch-registry.ts";
import type { Measurements } from "../store/measurements/measurements.ts";
import type { StateView } from "../store/state/state-view.ts";
import type { Api } from "./api.ts";
import { type HealthPart, HealthView } from "./schemas.ts";

type Part = z.infer<typeof HealthPart>;

export interface HealthRoutesParts {
  readonly ingest: Pick<Ingest, "health">;
  readonly measurements: Pick<Measurements, "check">;
  readonly fleet: Pick<Fleet, "counts">;
  readonly registry: Pick<RegistryWatch, "current" | "trouble">;
  readonly view: Pick<StateView, "counts">;
  readonly publicHub: Pick<SseHub, "clients">;
}

/** How the cloud is doing, in words for a person; 200 also when degraded, because the process itself lives. */
export function addHealthRoute(api: Api, parts: HealthRoutesParts): void {
  api.get(
    "/healthz",
    { schema: { tags: ["public"], summary: "How each part is doing", response: { 200: HealthView } } },
    async (_request, reply) => {
      void reply.header("cache-control", "no-store");
      return healthOf(parts);
    },
  );
}

async function healthOf({
  ingest,
  measurements,
  fleet,
  registry,
  view,
  publicHub,
}: HealthRoutesParts): Promise<HealthView> {
  const groups = ingest.health();
  const [store, authority] = await Promise.all([checkOf(measurements), fleetOf(fleet)]);
  const { state, counts } = stateOf(view);
  const parts: Record<string, Part> = {
    gateway: gatewayOf(groups),
    ...Object.fromEntries(Object.entries(groups).map(([name, group]) => [name, groupOf(group)])),
    measurements: { ok: store.ok, detail: store.detail },
    registry: registryOf(registry),
    fleet: authority.part,
    state,
  };
  const acknowledged = Object.entries(groups).map(([name, group]) => [`${name}.acknowledged`, group.acknowledged]);
  return {
    status: Object.values(parts).every(({ ok }) => ok) ? "ok" : "degraded",
    parts,
    counts: {
      ...counts,
      ...authority.counts,
      ...Object.fromEntries(acknowledged),
      "live.clients": publicHub.clients(),
    },
  };
}

/** A long chart may hold the store's one reader; whoever watches this page must not take that for a dead process. */
const CHECK_WITHIN_MS = 2_000;

async function checkOf(measurements: Pick<Measurements, "check">): Promise<Part> {
  const checked = measurements.check().catch((error: unknown) => ({ ok: false, detail: messageOf(error) }));
  return inTime(checked, { ok: false, detail: "does not answer" });
}

interface FleetHealth {
  readonly part: Part;
  readonly counts: Readonly<Record<string, number>>;
}

async function fleetOf(fleet: Pick<Fleet, "counts">): Promise<FleetHealth> {
  const asked = fleet.counts().then(
    (counts): FleetHealth => ({ part: { ok: true, detail: fleetWords(counts) }, counts: namedCounts(counts) }),
    (error: unknown): FleetHealth => ({ part: { ok: false, detail: messageOf(error) }, counts: {} }),
  );
  return inTime(asked, { part: { ok: false, detail: "does not answer" }, counts: {} });
}

const fleetWords = ({ certificates, revoked }: FleetCounts) => `${certificates} certificates hold, ${revoked} revoked`;

const namedCounts = ({ certificates, revoked, claimsRefused }: FleetCounts) => ({
  "fleet.certificates": certificates,
  "fleet.revoked": revoked,
  "fleet.claimsRefused": claimsRefused,
});

async function inTime<T>(asked: Promise<T>, tooLate: T): Promise<T> {
  const answered = new AbortController();
  const waited = wait(CHECK_WITHIN_MS, answered.signal).then(() => tooLate);
  return Promise.race([asked, waited]).finally(() => answered.abort());
}

function gatewayOf(groups: Readonly<Record<string, IngestHealth>>): Part {
  const away = Object.entries(groups).flatMap(([name, { isConnected }]) => (isConnected ? [] : [name]));
  return away.length === 0
    ? { ok: true, detail: "connected" }
    : { ok: false, detail: `not connected: ${away.join(", ")}` };
}

function groupOf({ isConnected, trouble }: IngestHealth): Part {
  if (trouble !== null) return { ok: false, detail: trouble };
  return { ok: isConnected, detail: isConnected ? "taking messages" : "not connected" };
}

function registryOf(registry: HealthRoutesParts["registry"]): Part {
  const { stations, sites } = registry.current().registry;
  const trouble = registry.trouble();
  if (trouble !== null) return { ok: false, detail: `an older registry is in force: ${trouble}` };
  return { ok: true, detail: `${stations.length} stations, ${sites.length} sites` };
}

function stateOf(view: HealthRoutesParts["view"]): { readonly state: Part; readonly counts: Record<string, number> } {
  try {
    return { state: { ok: true, detail: "SQLite file" }, counts: { ...view.counts() } };
  } catch (error) {
    return { state: { ok: false, detail: messageOf(error) }, counts: {} };
  }
}
