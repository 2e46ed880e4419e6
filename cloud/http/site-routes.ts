import { z } from "zod";
import { Sha256, SiteName } from "#contract/names.ts";
import type { PhotoStore } from "../store/photos/photos.ts";
import type { StateView } from "../store/state/state-view.ts";
import { type Api, ASK_AGAIN, badRequest, missing } from "./api.ts";
import { notFound } from "./errors.ts";
import type { Features } from "./features.ts";
import { SiteCollection, SiteDetail } from "./schemas.ts";

export interface SiteRoutesParts {
  readonly features: Pick<Features, "sites" | "siteDetail">;
  readonly view: Pick<StateView, "wholePhotos">;
  readonly photos: Pick<PhotoStore, "read">;
}

/** Waste sites: all as GeoJSON, one with its last photo pair, and the photos themselves. */
export function addSiteRoutes(api: Api, { features, view, photos }: SiteRoutesParts): void {
  api.get(
    "/api/v1/sites",
    { schema: { tags: ["public"], summary: "All waste sites with their state", response: { 200: SiteCollection } } },
    async (_request, reply) => {
      void reply.header("cache-control", ASK_AGAIN);
      return { type: "FeatureCollection" as const, features: [...features.sites()] };
    },
  );

  api.get(
    "/api/v1/sites/:id",
    {
      schema: {
        tags: ["public"],
        summary: "One waste site with its last visit",
        params: z.object({ id: SiteName }),
        response: { 200: SiteDetail, ...badRequest, ...missing },
      },
    },
    async ({ params: { id } }, reply) => {
      const detail = features.siteDetail(id);
      if (detail === undefined) throw notFound("site");
      void reply.header("cache-control", ASK_AGAIN);
      return detail;
    },
  );

  api.get(
    "/api/v1/photos/:sha.jpg",
    {
      schema: {
        tags: ["public"],
        summary: "A whole photo of a visit, by the SHA-256 of its bytes",
        params: z.object({ sha: Sha256 }),
        response: { 200: z.instanceof(Buffer).meta({ type: "string", format: "binary" }), ...badRequest, ...missing },
      },
    },
    async ({ params: { sha } }, reply) => {
      const bytes = view.wholePhotos([sha]).has(sha) ? await photos.read(sha) : undefined;
      if (bytes === undefined) throw notFound("photo");
      // The name is the hash of the bytes: under it they never change.
      return reply
        .header("cache-control", "public, max-age=31536000, immutable")
        .header("etag", `"${sha}"`)
        .type("image/jpeg")
        .send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    },
  );
}
