import { escape as escaped, HttpError, InfluxDB, setLogger } from "@influxdata/influxdb-client";
import { messageOf } from "#kit/errors.ts";
import { isLoopback } from "#kit/loopback.ts";
import { createInfluxForgetting, type DeleteRange } from "./influx-forget.ts";
import { type InfluxSource, readInfluxSamples } from "./influx-samples.ts";
import {
  readInfluxHours,
  readInfluxPoints,
  readInfluxWindows,
  WINDOW_MEASUREMENT,
  windowLine,
} from "./influx-windows.ts";
import {
  type Measurements,
  type Point,
  type RefusedPoint,
  StoreMisconfigured,
  StoreUnavailable,
} from "./measurements.ts";
import { sortOut } from "./point-rules.ts";

/** Where an InfluxDB 2 is and how to get in. */
export interface InfluxSettings {
  readonly url: string;
  readonly token: string;
  readonly org: string;
  readonly bucket: string;
  /** How long one request may stay without an answer. */
  readonly timeoutMs?: number;
}

/** All points are of this measurement; the tags are tenant, station and sensor, everything else is a field. */
export const MEASUREMENT = "air";

const TIMEOUT_MS = 15_000;
/** A health page does not wait longer. */
const CHECK_TIMEOUT_MS = 3_000;

/**
 * The time series in an InfluxDB 2.
 *
 * The client's own retrying drops data (see the design, section 2), so it is off: each write is one batch that has an
 * answer. 204 is done. 400 (nothing was written) and 422 (the good lines were) are searched for the bad points, which
 * are given back with the server's words. 413 is halved. 401, 403 and 404 reject with `StoreMisconfigured`, everything
 * else with `StoreUnavailable`. Connects only when it is used, so an InfluxDB that is down does not stop a start.
 */
export function openInfluxMeasurements(settings: InfluxSettings): Measurements {
  // The client would write each failure to the console; here the caller knows and logs it once.
  setLogger({ error: () => {}, warn: () => {} });
  const { url, token, org, bucket, timeoutMs = TIMEOUT_MS } = settings;
  const influx = new InfluxDB({ url, token, timeout: timeoutMs });
  const checking = new InfluxDB({ url, token, timeout: Math.min(timeoutMs, CHECK_TIMEOUT_MS) });
  // Packing costs more than it saves where the bytes never leave the machine.
  const gzipThreshold = isLoopback(new URL(url).hostname) ? Number.MAX_SAFE_INTEGER : 1_000;
  const inHand = new Set<Promise<unknown>>();
  let isClosed = false;
  let lastFailure: string | undefined;

  const sendLines = async (lines: readonly string[]): Promise<void> => {
    const options = { maxRetries: 0, batchSize: lines.length + 1, flushInterval: 0, gzipThreshold };
    const api = influx.getWriteApi(org, bucket, "ms", options);
    api.writeRecords([...lines]);
    await api.flush();
  };
  const send = (points: readonly Point[]) => sendLines(points.map(lineOf));
  const forget = createInfluxForgetting({ raw: MEASUREMENT, windows: WINDOW_MEASUREMENT }, deleteRange(settings));
  const sourceOf = (client: InfluxDB) => ({ api: client.getQueryApi(org), bucket, measurement: MEASUREMENT });
  const remember = async <T>(work: Promise<T>): Promise<T> => {
    inHand.add(work);
    return work.finally(() => inHand.delete(work));
  };
  const read = async <T>(work: (source: InfluxSource) => Promise<T>): Promise<T> => {
    requireOpen();
    return remember(work(sourceOf(influx))).catch(failWith);
  };
  const requireOpen = () => {
    if (isClosed) throw new StoreUnavailable("the measurements are closed");
  };

  return {
    write: async (points) => {
      requireOpen();
      const { sound, refused } = sortOut(points);
      try {
        const more = await remember(writeBatch(sound, send));
        lastFailure = undefined;
        return [...refused, ...more];
      } catch (error) {
        lastFailure = messageOf(error);
        throw error;
      }
    },
    samples: (query) => read((source) => readInfluxSamples(source, query)),
    points: (query) => read((source) => readInfluxPoints(source, query)),
    hoursWithPoints: (beforeMs) => read((source) => readInfluxHours(source, beforeMs)),
    windows: (query) => read((source) => readInfluxWindows(source, query)),
    keepWindows: async (windows) => {
      requireOpen();
      if (windows.length > 0) await remember(sendLines(windows.map(windowLine))).catch(failWith);
    },
    forget: async (what, beforeMs) => {
      requireOpen();
      return remember(forget(what, beforeMs));
    },
    check: async () => {
      if (lastFailure !== undefined) return { ok: false, detail: lastFailure };
      const now = { tenant: "", station: "", field: "", fromMs: 0, toMs: 1, most: 1 };
      return readInfluxSamples(sourceOf(checking), now).then(
        () => ({ ok: true, detail: "InfluxDB answers" }),
        (error: unknown) => ({ ok: false, detail: messageOf(toStoreError(error)) }),
      );
    },
    close: async () => {
      isClosed = true;
      await Promise.allSettled(inHand);
    },
  };
}

/** A point in InfluxDB's line protocol, tags by name as it likes them; the client's own `Point` took four times as long. */
function lineOf({ tenant, station, sensor, at, fields }: Point): string {
  const tags = `sensor=${escaped.tag(sensor)},station=${escaped.tag(station)},tenant=${escaped.tag(tenant)}`;
  const values = Object.entries(fields).map(([name, value]) => `${escaped.tag(name)}=${fieldValue(value)}`);
  return `${MEASUREMENT},${tags} ${values.join(",")} ${at}`;
}

/** A number is always a float: 7 and 7.5 in one field would be a type conflict otherwise. */
function fieldValue(value: Point["fields"][string]): string {
  if (typeof value === "string") return escaped.quoted(value);
  return typeof value === "boolean" ? (value ? "T" : "F") : String(value);
}

type Send = (points: readonly Point[]) => Promise<void>;

/** Sends points and, where the store objects to some, searches for them by halves; the others are stored. */
async function writeBatch(points: readonly Point[], send: Send): Promise<readonly RefusedPoint[]> {
  const [first] = points;
  if (first === undefined) return [];
  try {
    await send(points);
    return [];
  } catch (error) {
    const objection = objectionOf(error);
    if (objection === undefined) throw toStoreError(error);
    if (points.length === 1) return [{ point: first, reason: objection }];
    const middle = Math.ceil(points.length / 2);
    const front = await writeBatch(points.slice(0, middle), send);
    return [...front, ...(await writeBatch(points.slice(middle), send))];
  }
}

/** What the store has against the points themselves, in its words; undefined when the trouble lies elsewhere. */
function objectionOf(error: unknown): string | undefined {
  if (!(error instanceof HttpError)) return undefined;
  if (error.statusCode === 413) return "too large for the store";
  // Only InfluxDB's own JSON counts: a proxy's 400 must not send every point to the dead letters.
  const isItsOwn = (error.statusCode === 400 || error.statusCode === 422) && typeof error.code === "string";
  return isItsOwn ? error.message : undefined;
}

function toStoreError(error: unknown): StoreUnavailable | StoreMisconfigured {
  if (!(error instanceof HttpError)) {
    return new StoreUnavailable(`InfluxDB does not answer: ${messageOf(error)}`, { cause: error });
  }
  const { statusCode } = error;
  const told = `InfluxDB answered ${statusCode}: ${error.message}`;
  const mayPass = statusCode >= 500 || statusCode === 429 || statusCode === 408 || statusCode === 425;
  if (mayPass) return new StoreUnavailable(told, { cause: error, retryAfterMs: retryAfterMs(error) });
  return new StoreMisconfigured(told, { cause: error });
}

function failWith(error: unknown): never {
  throw toStoreError(error);
}

/** A delete may take InfluxDB longer than anything else. */
const DELETE_TIMEOUT_MS = 60_000;

/** Deletes over InfluxDB's own door for it, which the client does not know. */
function deleteRange({ url, token, org, bucket }: InfluxSettings): DeleteRange {
  return async (predicate, fromMs, toMs) => {
    const address = new URL("api/v2/delete", url.endsWith("/") ? url : `${url}/`);
    address.search = new URLSearchParams({ org, bucket }).toString();
    // InfluxDB counts the end of this range in.
    const [start, stop] = [new Date(fromMs).toISOString(), new Date(toMs - 1).toISOString()];
    const answer = await fetch(address, {
      method: "POST",
      headers: { authorization: `Token ${token}`, "content-type": "application/json" },
      body: JSON.stringify({ start, stop, predicate }),
      signal: AbortSignal.timeout(DELETE_TIMEOUT_MS),
    }).catch((cause: unknown) => {
      throw new StoreUnavailable(`InfluxDB does not answer: ${messageOf(cause)}`, { cause });
    });
    if (answer.ok) return;
    throw new StoreUnavailable(`InfluxDB answered ${answer.status} to a delete: ${await answer.text()}`);
  };
}

/** `Retry-After` in seconds (RFC 9110, 10.2.3); the form with a date is not used by InfluxDB and counts as none. */
function retryAfterMs({ headers }: HttpError): number | undefined {
  const seconds = Number(headers?.["retry-after"] ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined;
}
