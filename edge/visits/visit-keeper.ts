import { chainHash, signVisit } from "#contract/evidence.ts";
import type { PhotoRole, VisitPhoto } from "#contract/messages.ts";
import { codeOf, messageOf } from "#kit/errors.ts";
import type { Logger } from "#kit/logger.ts";
import type { Camera } from "../camera/camera.ts";
import { encodePhoto } from "../camera/encode-photo.ts";
import type { Counters } from "../health/counters.ts";
import type { DeviceTime } from "../health/device-time.ts";
import type { Outbox } from "../outbox/outbox.ts";
import { type Draft, type Drafts, openDrafts } from "./drafts.ts";
import type { Judge } from "./judge.ts";
import { photoMessages, sha256Of } from "./photo-messages.ts";
import { Busy, NoBefore, type Shot, type ShotRequest, type Visits } from "./visits.ts";

/** What visits need. */
export interface VisitsOptions {
  readonly folder: string;
  readonly camera: Camera;
  readonly judge: Judge;
  readonly outbox: Outbox;
  readonly time: DeviceTime;
  readonly privateKeyPem: string;
  readonly newId: () => string;
  readonly counters: Counters;
  readonly log: Logger;
}

const CHAIN_HEAD = "chainHead";
/** Which visit of a site was committed last: a draft with this id is done, whatever a crash left on disk. */
const lastVisitOf = (site: string): string => `visit:${site}`;
const MOST_WAITING = 8;

/** Opens the visits of a device; drafts of the last run go on. */
export async function openVisits(options: VisitsOptions): Promise<Visits> {
  const { outbox, counters, log } = options;
  const isDone = (draft: Draft) => outbox.value(lastVisitOf(draft.site)) === draft.visit;
  const drafts = await openDrafts(options.folder, isDone, (file) => {
    counters.count("draft-broken");
    log.error({ event: "draft.broken", file }, "a draft's photo is missing or damaged; the draft is dropped");
  });
  const closing = new AbortController();
  let waiting = 0;
  let last: Promise<unknown> = Promise.resolve();
  let lastShotAt: number | null = null;

  async function shootNow(request: ShotRequest): Promise<Shot> {
    if (closing.signal.aborted) throw new Busy("the device is closing");
    const draft = drafts.of(request.site);
    if (request.role === "after" && draft === undefined) throw noBefore(request.site, outbox);
    const { photo, bytes, tookMs } = await takePhoto(request.role, options, closing.signal);
    const shot = { sha: photo.sha, state: photo.state, probabilities: photo.probabilities, tookMs };
    lastShotAt = photo.takenAt;
    if (request.role === "before" || draft === undefined) {
      await drafts.put({ visit: options.newId(), site: request.site, before: photo }, bytes);
      return shot;
    }
    await complete(draft, photo, bytes, drafts, options);
    return { ...shot, visit: draft.visit };
  }

  return {
    shoot: async (request) => {
      if (waiting >= MOST_WAITING) throw new Busy("too many shots are waiting for the camera");
      waiting += 1;
      const shot = last.then(() => shootNow(request));
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
    close: async () => {
      closing.abort();
      await last;
    },
  };
}

const CAPTURE_TIMEOUT_MS = 15_000;

async function takePhoto(role: PhotoRole, { camera, judge, time }: VisitsOptions, closing: AbortSignal) {
  const raw = await camera.capture(AbortSignal.any([closing, AbortSignal.timeout(CAPTURE_TIMEOUT_MS)]));
  const takenAt = time.stamp().at;
  const bytes = await encodePhoto(raw);
  // The very bytes that are kept as proof are judged, so that anyone can repeat the verdict.
  const { state, probabilities, tookMs, model } = await judge.judge(bytes);
  const photo: VisitPhoto = { role, sha: sha256Of(bytes), takenAt, state, probabilities, model };
  return { photo, bytes, tookMs: Math.round(tookMs) };
}

/**
 * Appends a visit with its photos, the new head of the chain and the mark that it is done, all in one commit; only then
 * the draft goes. A crash before the commit leaves the draft, one after it leaves a draft that is known as done.
 */
async function complete(
  draft: Draft,
  after: VisitPhoto,
  afterBytes: Uint8Array,
  drafts: Drafts,
  { outbox, time, privateKeyPem, counters, log }: VisitsOptions,
): Promise<void> {
  const beforeBytes = await drafts.photoOf(draft);
  const stamp = time.stamp();
  const body = {
    kind: "visit" as const,
    ...stamp,
    visit: draft.visit,
    site: draft.site,
    startedAt: draft.before.takenAt,
    endedAt: after.takenAt,
    photos: [draft.before, after],
    prev: outbox.value(CHAIN_HEAD) ?? null,
  };
  const visit = { ...body, sig: signVisit(body, privateKeyPem) };
  const photos = draft.before.sha === after.sha ? [afterBytes] : [beforeBytes, afterBytes];
  const messages = photos.flatMap((bytes) => photoMessages(bytes, stamp));
  await outbox.append([visit, ...messages], {
    [CHAIN_HEAD]: chainHash(visit),
    [lastVisitOf(draft.site)]: draft.visit,
  });
  await drafts.remove(draft).catch((error: unknown) => {
    // The visit stands; the draft is known as done and is swept at the next start.
    counters.count(codeOf(error));
    log.warn({ event: "draft.unremoved", site: draft.site, err: error }, "a draft could not be removed");
  });
}

function noBefore(site: string, outbox: Outbox): NoBefore {
  const done = outbox.value(lastVisitOf(site));
  const hint = done === undefined ? "" : ` (its last visit, ${done}, is complete)`;
  return new NoBefore(`site ${site} has no photo before${hint}: send {"site":"${site}","role":"before"} first`);
}
