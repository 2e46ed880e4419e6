import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { expect, it } from "vitest";
import { RECORD_CLASSES } from "#contract/topics.ts";
import { openJournal } from "#journal/sqlite-journal.ts";
import { OUTBOX_PAGE_BYTES, openJournalOutbox, UPLINK_READER } from "../../edge/outbox/journal-outbox.ts";
import type { NewMessage } from "../../edge/outbox/new-message.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { startTestEdge } from "../support/test-edge.ts";
import { startGatewayHere } from "../support/test-gateway.ts";
import { until } from "../support/until.ts";
import { connectCity } from "./twin/support/city.ts";

const DEVICE = { tenant: "demo", device: "truck-1" };
const STAMP = { v: 1 as const, at: 1_790_000_000_000, clock: "ntp" as const, boot: "9d41e6b2c8f7035a1b6e4d20", up: 5 };

/** What a device finds in its outbox after weeks without a link: 98,000 readings and 2,000 chunks. */
async function fillOutbox(dataDir: string): Promise<void> {
  await mkdir(dataDir, { recursive: true });
  const file = join(dataDir, "outbox.sqlite");
  const readers = { [UPLINK_READER]: RECORD_CLASSES };
  const journal = await openJournal({ file, pageBytes: OUTBOX_PAGE_BYTES, classes: RECORD_CLASSES, readers });
  const outbox = openJournalOutbox(journal, DEVICE, randomBytes(12).toString("hex"));
  const bytes = randomBytes(32_768);
  const reading = (up: number): NewMessage => {
    const samples = [{ at: STAMP.at + up, up, values: { pm25: 12.5, pm10: 20 } }];
    return { ...STAMP, kind: "reading", sensor: "sds011", model: "sds011", samples };
  };
  const chunk = (i: number): NewMessage => ({
    ...STAMP,
    kind: "chunk",
    sha: `${i}`.padStart(64, "0"),
    i: 0,
    n: 1,
    bytes,
  });
  for (let k = 0; k < 98; k++) await outbox.append(Array.from({ length: 1_000 }, (_, i) => reading(k * 1_000 + i)));
  for (let k = 0; k < 20; k++) await outbox.append(Array.from({ length: 100 }, (_, i) => chunk(k * 100 + i)));
  await outbox.close();
}

/** 12 megapixels with noise, some 9 MB. */
async function noisyPhoto(): Promise<Buffer> {
  const noise = { type: "gaussian" as const, mean: 128, sigma: 40 };
  const create = { width: 4_056, height: 3_040, channels: 3 as const, background: "#888", noise };
  return await sharp({ create }).jpeg({ quality: 93 }).toBuffer();
}

it("outlives within its heap what is most: 100,000 messages that wait, 12 megapixels, a burst, a full twin, a page that is asked for without pause", async () => {
  const folder = await tempFolder();
  const photos = join(folder, "photos");
  await mkdir(photos);
  await writeFile(join(photos, "1.jpg"), await noisyPhoto());
  await fillOutbox(join(folder, "data"));
  const gateway = await startGatewayHere({ clients: ["demo:truck-1", "dv:cloud"] });
  const city = await connectCity(gateway, DEVICE);
  const exits: string[] = [];
  const settings = { CAMERA: `folder:${photos}`, CAMERA_FOLDER_LOOP: "true" };
  const token = gateway.tokenOf("demo:truck-1");
  const onExit = (why: string) => exits.push(why);
  const edge = await startTestEdge({ folder, brokerUrl: gateway.url, ...DEVICE, token, settings, onExit });
  const pid = edge.pid();

  await until("all that waited is sent", async () => (await edge.status()).outbox.total === 0, 180_000);
  for (const role of ["before", "after"] as const) expect((await edge.shoot("s-1", role)).status).toBe(200);
  const burst = await Promise.all(Array.from({ length: 24 }, (_, i) => edge.shoot(`s-${i}`, "before")));
  const updates = Array.from({ length: 4 }, (_, i) => ({ manifest: `${i}`.padEnd(16_000, "x"), signature: "x" }));
  await city.wantBytes(JSON.stringify({ v: 1, rev: 7, settings: { LOG_LEVEL: "warn" }, updates }));
  await city.untilReported("it has decided on a twin of 64 KB", ({ rev }) => rev === 7);
  for (let i = 0; i < 100; i++) {
    const pages = Array.from({ length: 8 }, async () => await (await fetch(`${edge.url}/status-page`)).text());
    for (const page of await Promise.all(pages)) expect(page).toContain("</html>");
  }

  expect(burst.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(8);
  expect(burst.every(({ status }) => status === 200 || status === 503)).toBe(true);
  expect(exits).toEqual([]);
  expect(edge.pid()).toBe(pid);
}, 300_000);
