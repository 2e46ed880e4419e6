/** Takes one update of the model, as a device does, in a process that may be killed: FOLDER FLEET_URL INSTALLED KEY UPDATE. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pino } from "pino";
import { SignedUpdate } from "#contract/updates.ts";
import { systemClock } from "#kit/clock.ts";
import { SOFTWARE } from "../../../edge/software.ts";
import { openModelUpdates } from "../../../edge/update/model-updates.ts";
import { openUpdateBook } from "../../../edge/update/update-book.ts";
import { startUpdates } from "../../../edge/update/updates.ts";
import { openJudge } from "../../../edge/visits/judge.ts";

const [, , folder = "", fleetUrl = "", installed = "", key = "", updateFile = ""] = process.argv;
const log = pino({ level: "silent" });
const update = SignedUpdate.parse(JSON.parse(await readFile(updateFile, "utf8")));
const models = await openModelUpdates({
  ...{ folder: join(folder, "models"), installed, trialPhotos: 5, clock: systemClock, log },
  residentBytes: () => 0,
});
const judge = await openJudge(models.place(), systemClock, models.saw);
await models.attach(judge);
process.stdout.write(`model ${judge.model}\n`);
const updates = startUpdates({
  ...{ folder: join(folder, "updates"), book: await openUpdateBook(join(folder, "updates")), keys: [key], fleetUrl },
  ...{ installers: [models], software: SOFTWARE, bytesPerS: 6_000_000, spreadMs: 0 },
  ...{ freeBytes: async () => 1e12, holdBack: () => undefined },
  time: { stamp: () => ({ v: 1, at: update.manifest.issuedAt, clock: "ntp", boot: "b", up: 1 }) },
  ...{ clock: systemClock, random: () => 0, log },
});
updates.onChange(() => process.stdout.write(`stage ${updates.reports()[0]?.stage}\n`));
updates.want([update]);
