import { Readable } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { Sha256 } from "#contract/names.ts";
import { artefactPath, UpdateFile } from "#contract/updates.ts";
import { ArtefactRefused, type Artefacts } from "../fleet/artefacts/artefacts.ts";
import { type ByteRange, rangeOf } from "../fleet/artefacts/byte-range.ts";
import type { Pace } from "../fleet/artefacts/pace.ts";
import type { Rollouts } from "../fleet/waves/rollouts.ts";
import type { AdminAccess } from "./admin-access.ts";
import { type Api, badRequest, foreign, missing, unauthorized, unavailable } from "./api.ts";
import { ApiError, notFound } from "./errors.ts";
import { ErrorView } from "./schemas.ts";
import { requireAdmin } from "./session-routes.ts";

const Params = z.object({ sha: Sha256 });
const Bytes = z.instanceof(Readable).meta({ type: "string", format: "binary" });
const ArtefactView = z.object({ sha256: z.string(), bytes: z.number().int() });

/** A client that takes or sends nothing for so long is gone. */
const IDLE_MS = 60_000;
/** When those may come again for whom there was no place: spread, so that they do not all come at once. */
const AGAIN_S = { from: 20, to: 90 } as const;

/** Where files are uploaded; such a body takes as long as it takes. */
export const UPLOAD_PATH = "/api/v1/fleet/artefacts/:sha";

/** What downloads need. */
export interface DownloadParts {
  readonly artefacts: Artefacts;
  readonly pace: Pace;
  readonly random: () => number;
}

/**
 * Files of updates for whoever knows their hash: what they do is decided by a signature, and nothing in them is secret, so
 * no device has to show its certificate here (a gateway may keep copies of them).
 */
export function addDownloadRoutes(api: Api, parts: DownloadParts): void {
  const schema = {
    tags: ["fleet"],
    summary: "A file of an update by its SHA-256, also in pieces (Range, If-Range)",
    params: Params,
    response: {
      200: Bytes,
      206: Bytes,
      304: z.null().describe("as it was"),
      416: ErrorView.describe("it has no such part"),
      ...badRequest,
      ...missing,
      503: ErrorView.describe("too many are downloading: come again after Retry-After"),
    },
  };
  api.get(artefactPath(":sha"), { schema, exposeHeadRoute: false }, async (request, reply) =>
    answer(request, reply, request.params.sha, parts),
  );
  api.head(artefactPath(":sha"), { schema: { ...schema, hide: true } }, async (request, reply) =>
    answer(request, reply, request.params.sha, parts),
  );
}

async function answer(
  { headers, method }: FastifyRequest,
  reply: FastifyReply,
  sha: string,
  parts: DownloadParts,
): Promise<FastifyReply> {
  const size = await parts.artefacts.size(sha);
  if (size === undefined) throw notFound("artefact");
  const etag = `"${sha}"`;
  const isSame = headers["if-range"] === undefined || headers["if-range"] === etag;
  const range = isSame && method === "GET" ? rangeOf(headers.range, size) : undefined;
  if (range === null) {
    void reply.header("content-range", `bytes */${size}`);
    throw new ApiError(416, "range", `there are ${size} bytes`);
  }
  const { start, end } = range ?? { start: 0, end: size - 1 };
  const isKnown = headers["if-none-match"] === etag;
  const download = isKnown || method === "HEAD" ? undefined : await begin(sha, { start, end }, parts);
  // The name is the hash of the bytes: under it they never change.
  void reply
    .header("etag", etag)
    .header("accept-ranges", "bytes")
    .header("cache-control", "public, max-age=31536000, immutable");
  if (isKnown) return reply.code(304).send(null);
  if (range !== undefined) void reply.code(206).header("content-range", `bytes ${start}-${end}/${size}`);
  void reply.type("application/octet-stream").header("content-length", end - start + 1);
  if (download === undefined) return reply.send(null);
  reply.raw.once("close", download.leave);
  reply.raw.setTimeout(IDLE_MS, () => reply.raw.destroy());
  return reply.send(download.bytes);
}

/** Takes a place and opens the file, before anything is said of it: it may have been removed since it was looked for. */
async function begin(sha: string, range: ByteRange, { artefacts, pace, random }: DownloadParts) {
  const leave = pace.enter();
  if (leave === undefined) {
    const againS = Math.round(AGAIN_S.from + random() * (AGAIN_S.to - AGAIN_S.from));
    throw new ApiError(503, "busy", "too many are downloading now: come again", againS);
  }
  try {
    const source = await artefacts.read(sha, range);
    if (source === undefined) throw notFound("artefact");
    return { leave, bytes: pace.slow(source) };
  } catch (error) {
    leave();
    throw error;
  }
}

/** The administrator's side of the files; the hook stands before all that is added here. */
export function addArtefactRoutes(
  api: Api,
  access: AdminAccess,
  { artefacts, rollouts }: { readonly artefacts: Artefacts; readonly rollouts: Pick<Rollouts, "removeArtefact"> },
): void {
  api.addHook("onRequest", async (request, reply) => {
    void reply.header("cache-control", "no-store");
    requireAdmin(access, request);
  });
  api.addContentTypeParser("application/octet-stream", (_request, payload, done) => done(null, payload));

  api.get(
    "/api/v1/fleet/artefacts",
    {
      schema: {
        tags: ["fleet"],
        summary: "The files that are here",
        response: { 200: z.object({ artefacts: z.array(ArtefactView) }), ...unauthorized, ...unavailable },
      },
    },
    async () => ({ artefacts: [...(await artefacts.list())] }),
  );

  api.delete(
    UPLOAD_PATH,
    {
      schema: {
        tags: ["fleet"],
        summary: "Removes a file that no update needs any more",
        params: Params,
        response: {
          204: z.null().describe("it is gone"),
          409: ErrorView.describe("an update that is on its way needs it"),
          ...unauthorized,
          ...foreign,
          ...missing,
          ...unavailable,
        },
      },
    },
    async ({ params: { sha } }, reply) => {
      const done = await rollouts.removeArtefact(sha);
      if (done === "missing") throw notFound("artefact");
      if (done === "in-use") throw new ApiError(409, "in-use", "an update that is on its way needs this file");
      return reply.code(204).send(null);
    },
  );
  addUpload(api, artefacts);
}

function addUpload(api: Api, artefacts: Artefacts): void {
  api.put(
    UPLOAD_PATH,
    {
      schema: {
        tags: ["fleet"],
        summary: "Takes a file in; answered once it is checked and on disk",
        consumes: ["application/octet-stream"],
        params: Params,
        body: Bytes,
        response: {
          200: ArtefactView,
          400: ErrorView.describe("the bytes are not those that were announced"),
          411: ErrorView.describe("Content-Length is missing"),
          413: ErrorView.describe("it is larger than a file of an update may be"),
          507: ErrorView.describe("the disk has no room for it"),
          ...unauthorized,
          ...foreign,
          ...unavailable,
        },
      },
    },
    async ({ params: { sha: sha256 }, headers, body, raw }) => {
      const bytes = announcedBytes(headers["content-length"]);
      if ((await artefacts.size(sha256)) === bytes) return { sha256, bytes };
      raw.setTimeout(IDLE_MS, () => raw.destroy());
      await artefacts.put({ sha256, bytes }, body).catch((error: unknown) => {
        if (error instanceof ArtefactRefused) throw new ApiError(400, error.code, error.message);
        throw error;
      });
      return { sha256, bytes };
    },
  );
}

function announcedBytes(header: string | undefined): number {
  if (header === undefined) throw new ApiError(411, "length-needed", "Content-Length is needed");
  const bytes = UpdateFile.shape.bytes.safeParse(Number(header));
  if (!bytes.success) throw new ApiError(413, "too-large", "a file of an update has 1 byte to 1 GiB");
  return bytes.data;
}
