import { chainHash, signVisit } from "#contract/evidence.ts";
import type { Visit, VisitPhoto } from "#contract/messages.ts";
import { codeOf, messageOf } from "#kit/errors.ts";
import type { Logger } from "#kit/logger.ts";
import type { Camera } from "../camera/camera.ts";
import { encodePhoto } from "../camera/encode-photo.ts";
import { heatOnWire } from "../classify/heat.ts";
import type { Counters } from "../health/counters.ts";
import type { DeviceTime } from "../health/device-time.ts";
import type { Outbox } from "../outbox/outbox.ts";
import { type KeptNetworkMarks, keepNetworkMarks } from "../pairs/network-marks.ts";
import type { PairChecks, Side } from "../pairs/pair-checks.ts";
import type { PhotoMarks } from "../pairs/photo-marks.ts";
import { type Draft, type Drafts, openDrafts } from "./drafts.ts";
import type { Judge } from "./judge.ts";
import { photoMessages, sha256Of } from "./photo-messages.ts";
import { createRetakes, type Retakes } from "./retakes.ts";
import { adviceOf } from "./shot-advice.ts";
import { Busy, NoBefore, type Shot, type ShotRequest, type Visits } from "./visits.ts";

/** What visits need. */
export interface VisitsOptions {
  readonly folder: string;
  readonly camera: Camera;
  readonly judge: Judge;
  readonly pairs: PairChecks;
  readonly outbox: Outbox;
  readonly time: DeviceTime;
  readonly privateKeyPem: string;
  readonly newId: () => string;
  readonly counters: Counters;
  readonly log: Logger;
}

const CHAIN_HEAD = "chainHead";
/** By what the photos of the last visit are known again: it may not have come into the index before a crash. */
export const SEEN_RECORDS = "seenRecords";
/** Which visit of a site was committed last: a draft with this id is done, whatever a crash left on disk. */
const lastVisitOf = (site: string): string => `visit:${site}`;
const MOST_WAITING = 8;

/** Opens the visits of a device; drafts of the last run go on. */
export async function openVisits(options: VisitsOptions): Promise<Visits> {
  const { outbox, time, counters, log } = options;
  const isDone = (draft: Draft) => outbox.value(lastVisitOf(draft.site)) === draft.visit;
  const drafts = await openDrafts(options.folder, isDone, (file) => {
    counters.count("draft-broken");
    log.error({ event: "draft.broken", file }, "a draft's photo is missing or damaged; the draft is dropped");
  });
  const retakes = createRetakes();
  const closing = new AbortController();
  let waiting = 0;
  let last: Promise<unknown> = Promise.resolve();
  let lastShotAt: number | null = null;
  let shotSinceUp: number | null = null;

  async function shootNow(request: ShotRequest): Promise<Shot> {
    if (closing.signal.aborted) throw new Busy("the device is closing");
    const draft = drafts.of(request.site);
    const begun = request.role === "after" ? await begunVisit(draft, request.site, drafts, options) : undefined;
    // What the photo before is compared by is read while the camera takes the one after.
    const marksBefore = begun && options.pairs.marksOf(begun.beforeBytes);
    const taken = await takePhoto(request, options, retakes, closing.signal);
    const { photo, bytes, tookMs } = taken;
    const { sha, state, reason = null, probabilities } = photo;
    const shot = { sha, state, reason, probabilities, tookMs };
    if (begun === undefined) {
      const { network } = taken;
      await drafts.put({ visit: options.newId(), site: request.site, before: photo, network }, bytes);
      lastShotAt = photo.takenAt;
      return { ...shot, advice: adviceOf(photo, undefined) };
    }
    const { before: first, network } = begun.draft;
    const before = { ...first, network, marks: (await marksBefore) ?? null };
    const pair = options.pairs.pairOf(before, { ...photo, network: taken.network, marks: taken.marks });
    await complete(begun, { ...taken, before, pair }, drafts, options);
    retakes.completed(request.site, [first.sha, sha], time.stamp().up);
    lastShotAt = photo.takenAt;
    return { ...shot, advice: adviceOf(photo, pair), visit: begun.draft.visit };
  }

  return {
    shoot: async (request) => {
      if (waiting >= MOST_WAITING) throw new Busy("too many shots are waiting for the camera");
      waiting += 1;
      const shot = last.then(async () => {
        shotSinceUp = time.stamp().up;
        return await shootNow(request).finally(() => {
          shotSinceUp = null;
        });
      });
      last = shot.catch(() => {
        // The one who asked hears of it; the next in the row goes on.
      });
      try {
        return await shot;
      } catch (error) {
        counters.count(codeOf(error));
        log.warn({ event: "shot.failed", ...request, code: codeOf(error), reason: messageOf(error) }, "shot failed");
        throw error;
      } finally {
        waiting -= 1;
      }
    },
    openDrafts: () => drafts.open(),
    lastShotAt: () => lastShotAt,
    shotUnderWayMs: () => (shotSinceUp === null ? null : time.stamp().up - shotSinceUp),
    close: async () => {
      closing.abort();
      await last;
    },
  };
}

const CAPTURE_TIMEOUT_MS = 15_000;

/** A photo with its bytes and what it is compared by. */
interface Taken {
  readonly photo: VisitPhoto;
  readonly bytes: Uint8Array;
  readonly marks: PhotoMarks | null;
  readonly network: KeptNetworkMarks | null;
  readonly tookMs: number;
}

async function takePhoto(
  { site, role }: ShotRequest,
  { camera, judge, pairs, time }: VisitsOptions,
  retakes: Retakes,
  closing: AbortSignal,
): Promise<Taken> {
  const raw = await camera.capture(AbortSignal.any([closing, AbortSignal.timeout(CAPTURE_TIMEOUT_MS)]));
  const { at: takenAt, boot, up } = time.stamp();
  const bytes = await encodePhoto(raw);
  // The very bytes that are kept as proof are judged, so that anyone can repeat the verdict.
  const verdict = await judge.judge(bytes);
  const sha = sha256Of(bytes);
  // A visit taken over looks like its first photos; only the very same bytes are no new exposure.
  const firstTaken = [...retakes.of(site, up)].filter((first) => first !== sha);
  // One after the other, since both want the cores: `tookMs` is the verdict alone, the shot waits for both.
  const { marks, seen, screen } = await pairs.look(bytes, new Set(firstTaken));
  const { state, reason, probabilities, usable, model, tookMs } = verdict;
  const moment = takenAt === null ? { takenAt, boot, up } : { takenAt };
  const heat = verdict.heat === null ? null : heatOnWire(verdict.heat);
  const judged = { state, reason, probabilities, usable, heat, model };
  const photo: VisitPhoto = { role, sha, ...moment, ...judged, seen, screen };
  return { photo, bytes, marks, network: keepNetworkMarks(verdict, model), tookMs: Math.round(tookMs) };
}

/** A draft with the bytes of its photo. */
interface Begun {
  readonly draft: Draft;
  readonly beforeBytes: Uint8Array;
}

/**
 * The visit that an `after` completes. Rejects with `no-before` where there is none, or where its photo was damaged on
 * disk since: under its hash it could never be whole in the city. The draft stays until a new `before` replaces it.
 */
async function begunVisit(
  draft: Draft | undefined,
  site: string,
  drafts: Drafts,
  { outbox, counters, log }: VisitsOptions,
): Promise<Begun> {
  if (draft === undefined) throw noBefore(site, outbox);
  const beforeBytes = await drafts.photoOf(draft).catch((error: unknown) => {
    log.error({ event: "draft.unreadable", site, err: error }, "a draft's photo cannot be read");
    return Buffer.of();
  });
  if (sha256Of(beforeBytes) === draft.before.sha) return { draft, beforeBytes };
  counters.count("draft-broken");
  log.error({ event: "draft.broken", site, visit: draft.visit }, "a draft's photo is missing or damaged");
  throw new NoBefore(`the photo before of site ${site} was damaged on disk: ${sendBefore(site)}`);
}

/** What the two photos of a visit say together. */
interface Compared {
  readonly before: Pick<Side, "sha" | "marks">;
  readonly pair: Visit["pair"];
}

/**
 * Appends a visit with its photos, the new head of the chain, the mark that it is done and what its photos are known
 * again by, all in one commit; only then
 * the draft goes. A crash before the commit leaves the draft, one after it leaves a draft that is known as done.
 */
async function complete(
  { draft, beforeBytes }: Begun,
  { photo: after, bytes: afterBytes, marks, before, pair }: Taken & Compared,
  drafts: Drafts,
  { outbox, time, pairs, privateKeyPem, counters, log }: VisitsOptions,
): Promise<void> {
  const stamp = time.stamp();
  const body = {
    kind: "visit" as const,
    ...stamp,
    visit: draft.visit,
    site: draft.site,
    startedAt: draft.before.takenAt,
    endedAt: after.takenAt,
    photos: [draft.before, after],
    pair,
    prev: outbox.value(CHAIN_HEAD) ?? null,
  };
  const visit = { ...body, sig: signVisit(body, privateKeyPem) };
  const photos = draft.before.sha === after.sha ? [afterBytes] : [beforeBytes, afterBytes];
  const messages = photos.flatMap((bytes) => photoMessages(bytes, stamp));
  const records = await pairs.recordsOf([before, { ...after, marks }]);
  await outbox.append([visit, ...messages], {
    [CHAIN_HEAD]: chainHash(visit),
    [lastVisitOf(draft.site)]: draft.visit,
    [SEEN_RECORDS]: records,
  });
  pairs.keep(records);
  await drafts.remove(draft).catch((error: unknown) => {
    // The visit stands; the draft is known as done and is swept at the next start.
    counters.count(codeOf(error));
    log.warn({ event: "draft.unremoved", site: draft.site, err: error }, "a draft could not be removed");
  });
}

function noBefore(site: string, outbox: Outbox): NoBefore {
  const done = outbox.value(lastVisitOf(site));
  const hint = done === undefined ? "" : ` (its last visit, ${done}, is complete)`;
  return new NoBefore(`site ${site} has no photo before${hint}: ${sendBefore(site)}`);
}

const sendBefore = (site: string): string => `send {"site":"${site}","role":"before"} first`;
