/**
 * What a new program shows before it is switched to: it starts, reads the settings, keeps a record in an outbox, judges a
 * photo. SCRATCH MODEL_FOLDER FILE; prints what it is as JSON. Ends with 1 and the reason when something does not work.
 */
import { join } from "node:path";
import { stderr, stdout } from "node:process";
import { RECORD_CLASSES } from "#contract/topics.ts";
import { openJournal } from "#journal/sqlite-journal.ts";
import { systemClock } from "#kit/clock.ts";
import { messageOf } from "#kit/errors.ts";
import { loadConfig } from "#kit/load-config.ts";
import { hasCamera } from "../../firmware-config/settings/camera-settings.ts";
import { EdgeConfig } from "../../firmware-config/settings/edge-settings.ts";
import { openJournalOutbox, UPLINK_READER } from "../outbox/journal-outbox.ts";
import { SOFTWARE } from "../software.ts";
import type { SelfTestAnswer } from "./check-software.ts";
import { readableModel } from "./readable-model.ts";

async function testOutbox(scratch: string): Promise<void> {
  const journal = await openJournal({
    file: join(scratch, "outbox.sqlite"),
    classes: RECORD_CLASSES,
    readers: { [UPLINK_READER]: RECORD_CLASSES },
    onListenerError: () => {},
  });
  const outbox = openJournalOutbox(journal, { tenant: "self", device: "test" }, "self-test");
  const stamp = { v: 1 as const, at: null, clock: "none" as const, boot: "self-test", up: 0 };
  const health = { oldestPending: null, pending: 0, errors: {}, software: SOFTWARE, model: null };
  await outbox.append([{ kind: "health", ...stamp, ...health }]);
  await outbox.close();
}

async function testModel(folder: string, file: string): Promise<string> {
  const { openJudge } = await import("../visits/judge.ts");
  const { drawSamplePhoto } = await import("../health/sample-photo.ts");
  const readable = await readableModel(folder);
  const judge = await openJudge(
    file === "" || readable !== folder ? { folder: readable } : { folder, file },
    systemClock,
  );
  const { model } = await judge.judge(await drawSamplePhoto());
  await judge.close();
  return model;
}

const [, , scratch = "", modelFolder = "", file = ""] = process.argv;
try {
  const config = loadConfig(EdgeConfig, process.env);
  await testOutbox(scratch);
  const model = hasCamera(config) ? await testModel(modelFolder, file) : null;
  stdout.write(JSON.stringify({ software: SOFTWARE, model } satisfies SelfTestAnswer));
} catch (error) {
  stderr.write(`${messageOf(error)}\n`);
  process.exitCode = 1;
}
