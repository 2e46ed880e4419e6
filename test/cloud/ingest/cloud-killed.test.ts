import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Message, Visit } from "#contract/messages.ts";
import { clientIdOf } from "#contract/names.ts";
import { openSqliteMeasurements } from "../../../cloud/store/measurements/sqlite-measurements.ts";
import { openStateView } from "../../../cloud/store/state/sqlite-state-view.ts";
import { drawSite } from "../../../models/samples/drawn-site.ts";
import {
  aHealth,
  aPhoto,
  aReading,
  aRegistry,
  aVisit,
  aVisitPhoto,
  NOON,
  POST,
  TRUCK,
} from "../../support/builders.ts";
import { publishAll } from "../../support/publish-all.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { startTestCloud } from "../../support/test-cloud.ts";
import { startTestGateway } from "../../support/test-gateway.ts";
import { until } from "../../support/until.ts";

const READINGS = 1_800;
const HEALTHS = 140;
const PHOTOS = 10;

async function photosOfVisits(): Promise<{ readonly messages: readonly Message[]; readonly shas: readonly string[] }> {
  const messages: Message[] = [];
  const shas: string[] = [];
  for (let i = 0; i < PHOTOS; i += 1) {
    const bytes = await drawSite({ seed: i, state: "scattered", widthPx: 640, heightPx: 480 });
    const seq = messages.length + 1;
    const photo = aPhoto(bytes, { seq: seq + 1, pieceBytes: 16 * 1024 });
    const state: Visit["photos"][number]["state"] = i % 2 === 0 ? "scattered" : "clean";
    const photos = [aVisitPhoto({ sha: photo.sha, state })];
    messages.push(aVisit({ seq, visit: `visit-${i}`, endedAt: NOON + i, photos }), photo.notice, ...photo.chunks);
    shas.push(photo.sha);
  }
  return { messages, shas };
}

describe("a cloud that is killed", () => {
  it("has every message exactly once, every photo whole and every alert once", async () => {
    const clients = ["dv:cloud", clientIdOf(POST), clientIdOf(TRUCK)];
    const gateway = await startTestGateway({ clients });
    const folder = await tempFolder();
    const cloud = await startTestCloud({
      folder,
      registry: aRegistry(),
      brokerUrl: gateway.url,
      token: gateway.tokenOf("dv:cloud"),
    });
    const view = openStateView(join(cloud.dataDir, "state.db"));
    onTestFinished(() => view.close());
    const { messages, shas } = await photosOfVisits();
    const healths = Array.from({ length: HEALTHS }, (_, i) => aHealth({ seq: messages.length + 1 + i }));
    const readings = Array.from({ length: READINGS }, (_, i) => aReading({ seq: i + 1, at: NOON + i * 1_000 }));
    const total = messages.length + HEALTHS + READINGS;

    const thirdOf = <T>(list: readonly T[], i: number) =>
      list.slice((i * list.length) / 3, ((i + 1) * list.length) / 3);

    for (const third of [0, 1, 2]) {
      const before = view.counts().messages ?? 0;
      const sent = Promise.all([
        publishAll(gateway, POST, thirdOf(readings, third)),
        publishAll(gateway, TRUCK, thirdOf([...messages, ...healths], third)),
      ]);
      await until("some of it has come", () => (view.counts().messages ?? 0) > before + 50, 60_000);
      await cloud.kill();
      await sent;
      await cloud.start();
    }
    await until("everything has come", () => view.counts().messages === total, 60_000);
    await until("every photo is whole", () => view.wholePhotos(shas).size === PHOTOS, 60_000);

    expect(view.counts()).toMatchObject({ messages: total, visits: PHOTOS, photos: PHOTOS, alerts: PHOTOS / 2 });
    expect(view.deadLetters(10)).toEqual([]);
    const measurements = await openSqliteMeasurements(join(cloud.dataDir, "measurements.db"));
    onTestFinished(() => measurements.close());
    const range = { fromMs: NOON - 1, toMs: NOON + READINGS * 1_000, most: READINGS * 2 };
    const points = await measurements.samples({ tenant: "kirov", station: "station-1", field: "pm25", ...range });
    expect(points).toHaveLength(READINGS);
    await until("the gateway has nothing left", async () => {
      const { groups } = await gateway.health();
      return groups.every(({ unacknowledged }) => unacknowledged === 0);
    });
  }, 180_000);
});
