import { z } from "zod";
import { CameraUnavailable } from "../camera/camera.ts";
import type { Discovery } from "../camera/discover.ts";
import type { SelfWatch } from "../health/self-watch.ts";
import { ShotRequest, type Visits } from "../visits/visits.ts";
import { BadRequest, type Route } from "./local-server.ts";
import { statusRoutes } from "./status-page/status-routes.ts";

/** What can be asked of a device on loopback; `visits` is undefined where there is no camera. */
export function localRoutes(
  visits: Visits | undefined,
  self: Pick<SelfWatch, "report" | "findings">,
  findCameras: () => Promise<Discovery>,
): readonly Route[] {
  const { report } = self;
  return [
    ...statusRoutes(self),
    {
      method: "POST",
      path: "/shots",
      answer: async (body) => {
        const request = ShotRequest.safeParse(body);
        if (!request.success) throw new BadRequest(400, "bad-request", z.prettifyError(request.error));
        if (visits === undefined) {
          throw new CameraUnavailable("no-camera", "this device has no camera (CAMERA is not set)");
        }
        return { status: 200, body: await visits.shoot(request.data) };
      },
    },
    {
      method: "GET",
      path: "/cameras",
      answer: async () => {
        const { found, troubles } = await findCameras();
        return { status: 200, body: { found: found.map(({ setting, name }) => ({ setting, name })), troubles } };
      },
    },
    { method: "GET", path: "/status", answer: async () => ({ status: 200, body: report() }) },
    {
      method: "GET",
      path: "/healthz",
      answer: async () => {
        const { trouble } = report().outbox;
        const isWell = trouble === null;
        return { status: isWell ? 200 : 503, body: isWell ? { ok: true } : { ok: false, trouble } };
      },
    },
  ];
}
