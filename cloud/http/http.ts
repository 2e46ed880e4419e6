import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import { fastifyCookie } from "@fastify/cookie";
import { fastifySwagger } from "@fastify/swagger";
import { fastify } from "fastify";
import {
  jsonSchemaTransform,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from "fastify-type-provider-zod";
import type { Clock } from "#kit/clock.ts";
import type { Closer } from "#kit/closer.ts";
import type { Logger } from "#kit/logger.ts";
import type { Artefacts } from "../fleet/artefacts/artefacts.ts";
import { createPace } from "../fleet/artefacts/pace.ts";
import type { Fleet } from "../fleet/fleet.ts";
import type { Twins } from "../fleet/twins/twins.ts";
import type { Rollouts } from "../fleet/waves/rollouts.ts";
import type { Ingest } from "../ingest/events.ts";
import { startLiveFeed } from "../live/live-feed.ts";
import { openSseHub, SSE_SETTINGS } from "../live/sse-hub.ts";
import type { RegistryWatch } from "../registry/watch-registry.ts";
import type { AirWindowStore } from "../store/measurements/air-windows.ts";
import type { Measurements } from "../store/measurements/measurements.ts";
import type { PhotoStore } from "../store/photos/photos.ts";
import type { StateView } from "../store/state/state-view.ts";
import { createAdminAccess } from "./admin-access.ts";
import type { Api } from "./api.ts";
import { addArtefactRoutes, addDownloadRoutes, UPLOAD_PATH } from "./artefact-routes.ts";
import { addAverageRoutes } from "./average-routes.ts";
import { addBulletinRoutes } from "./bulletin-routes.ts";
import { compress } from "./compress.ts";
import { addDeskRoutes } from "./desk-routes.ts";
import { addDeviceHealthRoute } from "./device-health-route.ts";
import { addDocsRoute } from "./docs-routes.ts";
import { addEmbedRoute } from "./embed-routes.ts";
import { addEnrolRoutes } from "./enrol-routes.ts";
import { answerErrors, tellError } from "./errors.ts";
import { createFeatures } from "./features.ts";
import { addFleetRoutes } from "./fleet-routes.ts";
import { addHealthRoute } from "./health-routes.ts";
import { addIndexRoutes } from "./index-routes.ts";
import { addLiveRoute } from "./live-routes.ts";
import { addOpenRoutes } from "./open-routes.ts";
import { addPages } from "./pages.ts";
import { limitRate } from "./rate-limit.ts";
import { addRolloutRoutes } from "./rollout-routes.ts";
import { addSampleRoutes } from "./sample-routes.ts";
import { secure } from "./security.ts";
import { addSensorThingsRoutes } from "./sensorthings-routes.ts";
import { addSessionRoutes } from "./session-routes.ts";
import { addSiteRoutes } from "./site-routes.ts";
import { boundBodies } from "./slow-bodies.ts";
import { createStationBook } from "./station-book.ts";
import { addStationRoutes } from "./station-routes.ts";
import { inTurns } from "./turns.ts";
import { addTwinRoutes } from "./twin-routes.ts";

/** The longest body is a renewal: a certificate and a request, some 2 KB. */
const BODY_BYTES = 16 * 1024;
const BODY_WITHIN_MS = 30_000;
/** Whoever was refused gets the answer in this time, also over a slow line. */
const ANSWERED_BODY_MS = 5_000;
/** The file of an update, 100 MB and more, over an engineer's line. */
const REQUEST_TIMEOUT_MS = 3_600_000;
const HEADERS_TIMEOUT_MS = 30_000;
/** Each download has a socket and a piece of 64 KiB in memory; more devices come again later. */
const MAX_DOWNLOADS = 256;
/**
 * A station, site or alert is told at most so often. Two sensors of a station that speak together must not wait for each
 * other: the design's goal is a second from the sensor to the map.
 */
const MIN_GAP_MS = 250;

/** What the HTTP part needs; it changes nothing itself: the ingest writes acknowledgements, the fleet certificates and twins. */
export interface HttpParts {
  readonly view: StateView;
  readonly measurements: Pick<Measurements, "samples" | "check">;
  readonly airWindows: Pick<AirWindowStore, "windows">;
  readonly photos: Pick<PhotoStore, "read">;
  readonly ingest: Ingest;
  readonly fleet: Fleet;
  readonly twins: Twins;
  readonly rollouts: Rollouts;
  readonly artefacts: Artefacts;
  /** What all devices together may download of updates in a second. */
  readonly artefactBytesPerS: number;
  /** Requests for open data and indices that one address may make in a minute. */
  readonly openDataPerMinute: number;
  /** The same for what the map's readers ask of the past: thousands of them may share the address of a mobile network. */
  readonly mapPerMinute: number;
  /** Who is named as the source of open data. */
  readonly attribution: string;
  readonly registry: Pick<RegistryWatch, "current" | "trouble">;
  /** SHA-256 (hex) of the administrator's token; without it the desk is shut for everyone. */
  readonly adminTokenSha256: string | undefined;
  /** Silent for longer than this, a station is late; longer than the other, offline. */
  readonly staleAfterMs: number;
  readonly offlineAfterMs: number;
  readonly clock: Clock;
  readonly log: Logger;
  /**
   * Whether a proxy on this machine ends TLS before us: its `X-Forwarded-…` headers are believed then, from loopback only,
   * and the session's cookie travels over TLS alone.
   */
  readonly isBehindTlsProxy?: boolean;
  /** PEM of certificate chain and key: HTTPS is served with it, plain HTTP without. */
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
  /** Where the built pages lie (`cloud/web/dist`). */
  readonly webDir: string;
}

/** The server, ready to be asked (`inject`) or to listen; `close` also ends the streams. */
export interface Http extends Closer {
  readonly app: Api;
}

/** Builds the server without listening. */
export async function buildHttp(parts: HttpParts): Promise<Http> {
  const { ingest, clock, log, staleAfterMs, view, isBehindTlsProxy = false } = parts;
  const app: Api = fastify({
    bodyLimit: BODY_BYTES,
    frameworkErrors: tellError(log),
    forceCloseConnections: true,
    requestTimeout: REQUEST_TIMEOUT_MS,
    ...(parts.tls === undefined
      ? { http: { headersTimeout: HEADERS_TIMEOUT_MS } }
      : { serverFactory: secureServer(parts.tls) }),
    trustProxy: isBehindTlsProxy ? "loopback" : false,
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  boundBodies(app, { withinMs: BODY_WITHIN_MS, answeredMs: ANSWERED_BODY_MS, uploadPath: UPLOAD_PATH });
  secure(app);
  answerErrors(app, log);
  compress(app);
  await app.register(fastifyCookie);
  await app.register(fastifySwagger, {
    openapi: { openapi: "3.1.0", info: { title: "Dvornik", version: "1", description: "Waste sites and air, live" } },
    transform: jsonSchemaTransform,
  });

  const features = createFeatures(parts);
  const book = createStationBook(parts);
  const epoch = randomBytes(6).toString("base64url");
  const publicHub = openSseHub(SSE_SETTINGS, epoch);
  const deskHub = openSseHub(SSE_SETTINGS);
  const onError = (error: unknown) =>
    log.error({ event: "live.failed", err: error }, "a change could not be told to open pages");
  const staleCheckMs = Math.min(5_000, Math.max(250, staleAfterMs / 4));
  const feed = startLiveFeed({
    book,
    nowMs: clock.nowMs,
    ingest,
    source: features,
    publicHub,
    deskHub,
    minGapMs: MIN_GAP_MS,
    staleCheckMs,
    onError,
  });
  const access = createAdminAccess({
    tokenSha256: parts.adminTokenSha256,
    clock,
    randomName: () => randomBytes(32).toString("base64url"),
  });

  addHealthRoute(app, { ...parts, publicHub });
  const asked = inTurns(parts.measurements, parts.airWindows);
  const openLimit = limitRate(parts.openDataPerMinute, clock);
  const mapLimit = limitRate(parts.mapPerMinute, clock, "map");
  addStationRoutes(app, mapLimit, { ...parts, pastTurns: asked.pastTurns, features, book, epoch });
  addSiteRoutes(app, { ...parts, features });
  addLiveRoute(app, publicHub);
  await app.register(async (open: Api) => addIndexRoutes(open, openLimit));
  await app.register(async (open: Api) => addOpenRoutes(open, openLimit, { ...parts, ...asked, book }));
  await app.register(async (open: Api) => addAverageRoutes(open, mapLimit, { ...parts, ...asked }));
  await app.register(async (open: Api) => addSampleRoutes(open, openLimit, { ...parts, ...asked }));
  const harvest = { airWindows: asked.harvestedWindows, book, clock };
  await app.register(async (open: Api) => addSensorThingsRoutes(open, openLimit, harvest));
  addDocsRoute(app, parts);
  addEmbedRoute(app, { book });
  await app.register(async (open: Api) => addBulletinRoutes(open, { view, ingest, access, clock }));
  addSessionRoutes(app, access, isBehindTlsProxy);
  await app.register(async (desk: Api) => addDeskRoutes(desk, { access, features, view, ingest, feed, hub: deskHub }));
  await app.register(async (desk: Api) => addFleetRoutes(desk, access, parts.fleet));
  await app.register(async (desk: Api) => addTwinRoutes(desk, access, parts.twins));
  addDeviceHealthRoute(app, access, view);
  await app.register(async (desk: Api) => addRolloutRoutes(desk, access, parts.rollouts));
  await app.register(async (desk: Api) => addArtefactRoutes(desk, access, parts));
  const pace = createPace({ bytesPerS: parts.artefactBytesPerS, maxAtOnce: MAX_DOWNLOADS }, clock.monotonicMs);
  addDownloadRoutes(app, { artefacts: parts.artefacts, pace, random: Math.random });
  addEnrolRoutes(app, { fleet: parts.fleet, clock, isBehindTlsProxy });
  app.get("/api/openapi.json", { schema: { hide: true } }, async () => app.swagger());
  await addPages(app, parts.webDir);
  await app.ready();

  return {
    app,
    close: async () => {
      await Promise.all([feed.close(), publicHub.close(), deskHub.close()]);
      await app.close();
    },
  };
}

/** A server of our own to fastify, so that the routes have one type with and without TLS. */
function secureServer({ cert, key }: NonNullable<HttpParts["tls"]>) {
  const options = {
    cert,
    key,
    minVersion: "TLSv1.2",
    requestTimeout: REQUEST_TIMEOUT_MS,
    headersTimeout: HEADERS_TIMEOUT_MS,
  } as const;
  return (handler: (request: IncomingMessage, response: ServerResponse) => void) => createServer(options, handler);
}

/** Builds the server and listens; `url` is where. Rejects when the port is taken. */
export async function startHttp(
  parts: HttpParts & { readonly host: string; readonly port: number },
): Promise<Closer & { readonly url: string }> {
  const http = await buildHttp(parts);
  try {
    const heard = await http.app.listen({ host: parts.host, port: parts.port });
    // Fastify does not know that the server which it was given speaks TLS.
    const url = parts.tls === undefined ? heard : heard.replace(/^http:/, "https:");
    return { url, close: () => http.close() };
  } catch (error) {
    await http.close();
    throw error;
  }
}
