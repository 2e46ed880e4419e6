import { randomBytes } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { RECORD_CLASSES } from "#contract/topics.ts";
import { updateId } from "#contract/updates.ts";
import { openJournal } from "#journal/sqlite-journal.ts";
import { systemClock } from "#kit/clock.ts";
import { OUTBOX_PAGE_BYTES, openJournalOutbox, UPLINK_READER } from "../../../edge/outbox/journal-outbox.ts";
import { openSoftwareUpdates } from "../../../edge/update/software-updates.ts";
import { startUpdates } from "../../../edge/update/updates.ts";
import { maySmallDisk, mountSmallDisk } from "../../support/small-disk.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { until } from "../../support/until.ts";
import { quiet } from "../support/fakes.ts";
import { startArtefactServer } from "./artefact-server.ts";
import { publishSoftware } from "./software-support.ts";
import { NOW, updatesIn } from "./updates-support.ts";

const MIB = 1024 * 1024;
const HEALTH = { oldestPending: null, pending: 0, errors: {}, software: "0.1.0", model: null };

it.skipIf(!maySmallDisk)(
  "a disk that gets full in the middle of a download: it waits and says so, the outbox goes on, and so does the update when there is room",
  async () => {
    const server = await startArtefactServer();
    const folder = await tempFolder();
    // Too small for the download, which the check of the room does not know here: somebody else has taken it meanwhile.
    const disk = await mountSmallDisk(join(folder, "disk"), 6);
    const journal = await openJournal({
      file: join(disk.folder, "outbox.sqlite"),
      classes: RECORD_CLASSES,
      readers: { [UPLINK_READER]: RECORD_CLASSES },
      pageBytes: OUTBOX_PAGE_BYTES,
      onListenerError: () => {},
    });
    const outbox = openJournalOutbox(journal, { tenant: "demo", device: "truck-1" }, "log-1");
    onTestFinished(() => outbox.close());
    const stamp = { v: 1 as const, at: NOW, clock: "ntp" as const, boot: "b", up: 1 };
    const append = () => outbox.append([{ kind: "health", ...stamp, ...HEALTH }]);
    await append();
    const update = await publishSoftware(server, folder, {
      version: "1.1.0",
      counter: 2,
      change: { "edge/large.bin": randomBytes(8 * MIB).toString("latin1") },
    });
    const software = await openSoftwareUpdates({
      ...{ folder: join(disk.folder, "software"), startedAs: "base" as const, environment: {}, trialMs: 60_000 },
      ...{
        running: { version: "0.1.0" },
        model: () => ({ folder: "/model" }),
        clock: systemClock,
        log: quiet,
        restart: () => {},
      },
    });
    const updatesFolder = join(disk.folder, "updates");
    const updates = startUpdates(
      await updatesIn(updatesFolder, {
        fleetUrl: server.url,
        installers: [software],
        time: { stamp: () => stamp },
        random: () => 0.5,
      }),
    );
    onTestFinished(async () => {
      await updates.close();
      await software.close();
    });
    const report = () => updates.reports()[0];

    updates.want([update]);
    const waits = () => report()?.reason === "the disk is full";
    await until("it says why it waits", waits, 30_000);

    expect(report()).toMatchObject({ id: updateId(update.manifest), stage: "waiting" });
    expect(await readdir(join(updatesFolder, "files"))).toEqual([]);
    for (let i = 0; i < 20; i += 1) await append();
    await disk.resize(18);
    await until("it is fetched", () => report()?.stage === "testing", 60_000);
    await until("it says that there is no room to unpack it", waits, 30_000);
    for (let i = 0; i < 20; i += 1) await append();
    expect((await readdir(join(disk.folder, "software"))).filter((name) => /^\d/.test(name))).toEqual([]);
    await disk.resize(64);
    await until("it goes on", () => report()?.stage === "trial", 60_000);
    await append();
    expect(outbox.pending().total).toBe(42);
  },
  120_000,
);
