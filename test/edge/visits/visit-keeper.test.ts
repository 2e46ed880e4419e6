import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { describe, expect, it, onTestFinished } from "vitest";
import { decode } from "#contract/codec.ts";
import { makeKeyPair } from "#contract/ed25519.ts";
import { chainHash, isVisitSignedBy } from "#contract/evidence.ts";
import type { Visit } from "#contract/messages.ts";
import { RECORD_CLASSES } from "#contract/topics.ts";
import { openJournal } from "#journal/sqlite-journal.ts";
import { createCounters } from "../../../edge/health/counters.ts";
import { openJournalOutbox } from "../../../edge/outbox/journal-outbox.ts";
import type { Outbox } from "../../../edge/outbox/outbox.ts";
import { openPairChecks } from "../../../edge/pairs/pair-checks.ts";
import type { Judge } from "../../../edge/visits/judge.ts";
import { sha256Of } from "../../../edge/visits/photo-messages.ts";
import { RETAKE_WITHIN_MS } from "../../../edge/visits/retakes.ts";
import { openVisits, SEEN_RECORDS, type VisitsOptions } from "../../../edge/visits/visit-keeper.ts";
import { photograph } from "../../../models/eval/screens/recapture.ts";
import { randomFrom } from "../../../models/random.ts";
import { drawColour } from "../../suites/camera.suite.ts";
import { maySmallDisk, mountSmallDisk } from "../../support/small-disk.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { until } from "../../support/until.ts";
import { drawScene } from "../pairs/drawn-scene.ts";
import { createStagedCamera, mildJudge, quiet, stillTime } from "../support/fakes.ts";
import { STAMP } from "../support/messages.ts";

const key = makeKeyPair();

/** A device's visits over one folder; opening it anew is what a restart does. */
async function openDevice(folder: string, broken: { append?: boolean } = {}, change: Partial<VisitsOptions> = {}) {
  const file = join(folder, "outbox.sqlite");
  const journal = await openJournal({ file, classes: RECORD_CLASSES, readers: { uplink: RECORD_CLASSES } });
  onTestFinished(() => journal.close());
  const real = openJournalOutbox(journal, { tenant: "demo", device: "truck-1" }, "log-1");
  const outbox: Outbox = {
    ...real,
    append: async (messages, values) => {
      await real.append(messages, values);
      // As a crash between the commit and everything after it: the caller never hears of it.
      if (broken.append) await new Promise(() => {});
    },
  };
  const camera = createStagedCamera();
  const pairs = await openPairChecks({
    file: join(folder, "seen-photos"),
    slots: 100,
    committed: outbox.value(SEEN_RECORDS),
    counters: createCounters(),
    log: quiet,
  });
  onTestFinished(() => pairs.close());
  const counters = createCounters();
  let ids = 0;
  const visits = await openVisits({
    folder: join(folder, "drafts"),
    camera,
    judge: mildJudge,
    pairs,
    outbox,
    time: stillTime,
    privateKeyPem: key.privateKeyPem,
    newId: () => {
      ids += 1;
      return `visit-${ids}-${process.hrtime.bigint()}`;
    },
    counters,
    log: quiet,
    ...change,
  });
  return { visits, camera, counters, outbox, drafts: join(folder, "drafts"), close: () => journal.close() };
}

async function visitsIn(outbox: Outbox): Promise<Visit[]> {
  const records = await outbox.read("visit", 0, 1000);
  const messages = records.map(({ topic, bytes }) => decode(topic, bytes).message);
  return messages.flatMap((message) => (message.kind === "visit" ? [message] : []));
}

describe("openVisits", () => {
  it("says for how long a shot has been under way that blocks all others, and nothing while there is none", async () => {
    let up = 1_000;
    const time = { ...stillTime, stamp: () => ({ ...STAMP, up }) };
    const answer = Promise.withResolvers<void>();
    const judge: Judge = { ...mildJudge, judge: (jpeg) => answer.promise.then(() => mildJudge.judge(jpeg)) };
    const { visits, camera } = await openDevice(await tempFolder(), {}, { time, judge });
    await camera.stage(await drawColour("red", 900, 700));
    expect(visits.shotUnderWayMs()).toBeNull();

    const shot = visits.shoot({ site: "s-1", role: "before" });
    await until("it is under way", () => visits.shotUnderWayMs() === 0);
    up += 300_000;
    expect(visits.shotUnderWayMs()).toBe(300_000);
    answer.resolve();
    await shot;
    expect(visits.shotUnderWayMs()).toBeNull();
  });

  it("makes one signed visit of a photo before and one after, with both photos whole", async () => {
    const { visits, camera, outbox, drafts } = await openDevice(await tempFolder());
    await camera.stage(await drawColour("red", 900, 700));
    await camera.stage(await drawColour("blue", 900, 700));

    const before = await visits.shoot({ site: "s-1", role: "before" });
    const after = await visits.shoot({ site: "s-1", role: "after" });

    const [visit, ...others] = await visitsIn(outbox);
    expect(others).toEqual([]);
    expect(visit).toMatchObject({ visit: after.visit, site: "s-1", prev: null });
    expect(visit?.photos.map(({ role, sha }) => [role, sha])).toEqual([
      ["before", before.sha],
      ["after", after.sha],
    ]);
    expect(visit !== undefined && isVisitSignedBy(visit, key.publicKey)).toBe(true);
    const pieces = new Map<string, Uint8Array[]>();
    for (const { topic, bytes } of await outbox.read("chunk", 0, 1000)) {
      const { message } = decode(topic, bytes);
      if (message.kind === "chunk") pieces.set(message.sha, [...(pieces.get(message.sha) ?? []), message.bytes]);
    }
    expect([...pieces].map(([sha, chunks]) => [sha, sha256Of(Buffer.concat(chunks))])).toEqual([
      [before.sha, before.sha],
      [after.sha, after.sha],
    ]);
    expect(await readdir(drafts)).toEqual([]);
  });

  it("chains the visits, also over a restart", async () => {
    const folder = await tempFolder();
    const first = await openDevice(folder);
    for (const site of ["s-1", "s-2"]) {
      await first.camera.stage(await drawColour("red"));
      await first.camera.stage(await drawColour("blue"));
      await first.visits.shoot({ site, role: "before" });
      await first.visits.shoot({ site, role: "after" });
    }
    await first.close();
    const second = await openDevice(folder);
    await second.camera.stage(await drawColour("red"));
    await second.camera.stage(await drawColour("blue"));
    await second.visits.shoot({ site: "s-1", role: "before" });
    await second.visits.shoot({ site: "s-1", role: "after" });

    const chain = await visitsIn(second.outbox);

    expect(chain.map(({ prev }) => prev)).toEqual([null, ...chain.slice(0, -1).map(chainHash)]);
    expect(chain).toHaveLength(3);
  });

  it("tells the driver at once of a photo that an earlier visit used, and the visit says which one; nothing is refused", async () => {
    const { visits, camera, outbox } = await openDevice(await tempFolder());
    const photo = await drawScene(1);
    for (const one of [photo, await drawScene(1, { left: 0.06, size: 0.9 }), photo, await drawScene(4)])
      await camera.stage(one);

    const first = await visits.shoot({ site: "s-1", role: "before" });
    const honest = await visits.shoot({ site: "s-1", role: "after" });
    const again = await visits.shoot({ site: "s-2", role: "before" });
    const elsewhere = await visits.shoot({ site: "s-2", role: "after" });

    expect([first.advice, honest.advice]).toEqual([[], []]);
    expect(again.advice).toEqual([expect.objectContaining({ code: "photo-seen" })]);
    expect(elsewhere.advice).toEqual([expect.objectContaining({ code: "other-place" })]);
    const [good, bad] = await visitsIn(outbox);
    expect(good?.photos.map(({ seen }) => seen)).toEqual([null, null]);
    expect(good?.pair?.samePlace).toBeGreaterThan(0.9);
    expect(bad?.photos.map(({ seen }) => seen?.sha)).toEqual([first.sha, undefined]);
    expect(bad?.pair).toMatchObject({ samePlace: expect.any(Number), cleaner: null });
  });

  it("does not hold a visit that is taken over again against its own first photos; elsewhere, later or byte for byte it does", async () => {
    let up = 1_000;
    const time = { ...stillTime, stamp: () => ({ ...STAMP, up }) };
    const { visits, camera, outbox } = await openDevice(await tempFolder(), {}, { time });
    const before = await drawScene(1);
    const after = await drawScene(1, { left: 0.06, size: 0.9 });
    const exposedAnew = async (photo: Uint8Array) =>
      await sharp(photo).linear(0.95, 4).jpeg({ quality: 80 }).toBuffer();
    async function visit(site: string, photos: readonly Uint8Array[]) {
      const codes: string[] = [];
      for (const [i, photo] of photos.entries()) {
        await camera.stage(photo);
        const { advice } = await visits.shoot({ site, role: i === 0 ? "before" : "after" });
        codes.push(...advice.map(({ code }) => code));
      }
      return codes;
    }
    const [againBefore, againAfter] = [await exposedAnew(before), await exposedAnew(after)];

    expect(await visit("s-1", [before, after])).toEqual([]);
    up += RETAKE_WITHIN_MS - 1;
    expect(await visit("s-2", [againBefore])).toEqual(["photo-seen"]);
    expect(await visit("s-1", [before])).toEqual(["photo-seen"]);
    expect(await visit("s-1", [againBefore, againAfter])).toEqual([]);
    expect((await visitsIn(outbox)).flatMap(({ photos }) => photos.map(({ seen }) => seen))).toEqual(
      Array(4).fill(null),
    );
    up += RETAKE_WITHIN_MS;
    expect(await visit("s-1", [await exposedAnew(againBefore)])).toEqual(["photo-seen"]);
  });

  it("signs with each photo how likely it shows a screen, tells the driver of one that does, and refuses nothing", async () => {
    const { visits, camera, outbox } = await openDevice(await tempFolder());
    const place = await sharp(await drawScene(2))
      .resize(384)
      .jpeg({ quality: 90 })
      .toBuffer();
    await camera.stage(place);
    await camera.stage(Buffer.from(await photograph(place, "screen", "near", randomFrom(4))));

    const honest = await visits.shoot({ site: "s-1", role: "before" });
    const shown = await visits.shoot({ site: "s-1", role: "after" });

    const [visit] = await visitsIn(outbox);
    expect(honest.advice).toEqual([]);
    expect(shown.advice).toContainEqual(expect.objectContaining({ code: "maybe-screen" }));
    expect(visit?.photos[0]?.screen).toBeLessThan(0.5);
    expect(visit?.photos[1]?.screen).toBeGreaterThan(0.9);
    expect(visit?.photos[1]?.state).toBe("clean");
    expect(visit !== undefined && isVisitSignedBy(visit, key.publicKey)).toBe(true);
  });

  it("takes no photo for a used one because its visit was tried before, or because a crash cut the visit off", async () => {
    const folder = await tempFolder();
    const broken = { append: false };
    const first = await openDevice(folder, broken);
    const photo = await drawScene(1);
    for (let turn = 0; turn < 2; turn += 1) {
      await first.camera.stage(photo);
      expect((await first.visits.shoot({ site: "s-1", role: "before" })).advice).toEqual([]);
    }
    await first.camera.stage(await drawScene(2));
    broken.append = true;
    void first.visits.shoot({ site: "s-1", role: "after" });
    await until("the visit is committed", async () => (await visitsIn(first.outbox)).length === 1);
    await first.close();

    const second = await openDevice(folder);
    await second.camera.stage(photo);
    const { advice } = await second.visits.shoot({ site: "s-2", role: "before" });

    expect(advice).toEqual([expect.objectContaining({ code: "photo-seen" })]);
  });

  it("refuses an after without a before and takes no photo for it", async () => {
    const { visits, camera, counters } = await openDevice(await tempFolder());
    await camera.stage(await drawColour("red"));

    await expect(visits.shoot({ site: "s-1", role: "after" })).rejects.toMatchObject({ code: "no-before" });

    expect(await camera.check(new AbortController().signal)).toBe("staged");
    expect(counters.snapshot()).toEqual({ "no-before": 1 });
  });

  it("replaces an open before by a new one", async () => {
    const { visits, camera, outbox, drafts } = await openDevice(await tempFolder());
    for (const colour of ["red", "green", "blue"]) await camera.stage(await drawColour(colour));

    await visits.shoot({ site: "s-1", role: "before" });
    const retaken = await visits.shoot({ site: "s-1", role: "before" });
    const files = await readdir(drafts);
    await visits.shoot({ site: "s-1", role: "after" });

    const [visit] = await visitsIn(outbox);
    expect(visit?.photos[0]?.sha).toBe(retaken.sha);
    expect(files).toHaveLength(2);
  });

  it("takes shots that are asked for at once one after another", async () => {
    const { visits, camera, outbox } = await openDevice(await tempFolder());
    for (let i = 0; i < 6; i += 1) await camera.stage(await drawColour(`rgb(${i * 40}, 9, 9)`));

    const asked = ["s-1", "s-2", "s-3"].flatMap((site) => [
      visits.shoot({ site, role: "before" }),
      visits.shoot({ site, role: "after" }),
    ]);
    await Promise.all(asked);

    const chain = await visitsIn(outbox);
    expect(chain.map(({ site }) => site)).toEqual(["s-1", "s-2", "s-3"]);
    expect(chain.map(({ prev }) => prev)).toEqual([null, ...chain.slice(0, -1).map(chainHash)]);
  });

  it("counts a photo that cannot be read and goes on", async () => {
    const { visits, camera, counters } = await openDevice(await tempFolder());
    const photo = await drawColour("red", 640, 480);
    await camera.stage(photo.subarray(0, photo.length / 2));
    await camera.stage(photo);

    await expect(visits.shoot({ site: "s-1", role: "before" })).rejects.toMatchObject({ code: "photo-unreadable" });
    await visits.shoot({ site: "s-1", role: "before" });

    expect(counters.snapshot()).toEqual({ "photo-unreadable": 1 });
  });

  it("keeps a before over a restart", async () => {
    const folder = await tempFolder();
    const first = await openDevice(folder);
    await first.camera.stage(await drawColour("red"));
    const before = await first.visits.shoot({ site: "s-1", role: "before" });
    await first.close();

    const second = await openDevice(folder);
    await second.camera.stage(await drawColour("blue"));
    await second.visits.shoot({ site: "s-1", role: "after" });

    expect((await visitsIn(second.outbox))[0]?.photos[0]?.sha).toBe(before.sha);
  });

  it("makes no second visit of one whose draft a crash left behind", async () => {
    const folder = await tempFolder();
    const dying = await openDevice(folder);
    await dying.camera.stage(await drawColour("red"));
    await dying.camera.stage(await drawColour("blue"));
    await dying.visits.shoot({ site: "s-1", role: "before" });
    await dying.close();
    const crashing = await openDevice(folder, { append: true });
    await crashing.camera.stage(await drawColour("blue"));
    void crashing.visits.shoot({ site: "s-1", role: "after" });
    await until("the visit is committed", async () => (await visitsIn(crashing.outbox)).length === 1);
    expect(await readdir(crashing.drafts)).toHaveLength(2);
    await crashing.close();

    const next = await openDevice(folder);
    await next.camera.stage(await drawColour("blue"));

    await expect(next.visits.shoot({ site: "s-1", role: "after" })).rejects.toMatchObject({ code: "no-before" });
    expect(await visitsIn(next.outbox)).toHaveLength(1);
    expect(await readdir(next.drafts)).toEqual([]);
  });

  it("drops a draft whose photo was damaged, says so, and sweeps what belongs to no draft", async () => {
    const folder = await tempFolder();
    const first = await openDevice(folder);
    await first.camera.stage(await drawColour("red"));
    await first.visits.shoot({ site: "s-1", role: "before" });
    await first.close();
    for (const name of await readdir(first.drafts)) {
      if (name.endsWith(".jpg")) await writeFile(join(first.drafts, name), "rot");
    }
    await writeFile(join(first.drafts, "orphan.jpg.tmp"), "half");

    const second = await openDevice(folder);

    expect(second.counters.snapshot()).toEqual({ "draft-broken": 1 });
    expect(second.visits.openDrafts()).toEqual([]);
    expect(await readdir(second.drafts)).toEqual([]);
  });

  it("refuses an after whose before was damaged on disk since, until the before is taken again", async () => {
    const { visits, camera, counters, drafts, outbox } = await openDevice(await tempFolder());
    for (const colour of ["red", "green", "blue"]) await camera.stage(await drawColour(colour));
    await visits.shoot({ site: "s-1", role: "before" });
    for (const name of await readdir(drafts)) if (name.endsWith(".jpg")) await writeFile(join(drafts, name), "rot");

    const refused = visits.shoot({ site: "s-1", role: "after" });
    await expect(refused).rejects.toMatchObject({ code: "no-before", message: expect.stringMatching(/damaged/) });
    const retaken = await visits.shoot({ site: "s-1", role: "before" });
    await visits.shoot({ site: "s-1", role: "after" });

    expect(counters.snapshot()).toEqual({ "draft-broken": 1, "no-before": 1 });
    expect((await visitsIn(outbox)).map(({ photos }) => photos[0]?.sha)).toEqual([retaken.sha]);
  });

  it("tells of the last shot only once it was kept", async () => {
    const folder = await tempFolder();
    const { visits, camera } = await openDevice(folder);
    await camera.stage(await drawColour("red"));
    await camera.stage(await drawColour("red"));
    await rm(join(folder, "drafts"), { recursive: true });
    await writeFile(join(folder, "drafts"), "in the way");

    await expect(visits.shoot({ site: "s-1", role: "before" })).rejects.toThrow();
    expect(visits.lastShotAt()).toBeNull();

    await rm(join(folder, "drafts"));
    await mkdir(join(folder, "drafts"));
    await visits.shoot({ site: "s-1", role: "before" });
    expect(visits.lastShotAt()).toBe(STAMP.at);
  });

  it.skipIf(!maySmallDisk)("keeps nothing of a shot on a full disk and takes the next when there is room", async () => {
    const disk = await mountSmallDisk(join(await tempFolder(), "disk"), 4);
    const { visits, camera, outbox, drafts } = await openDevice(disk.folder);
    for (let i = 0; i < 4; i += 1) await camera.stage(await drawColour("red", 800, 600));
    await visits.shoot({ site: "s-1", role: "before" });

    await disk.fill();
    await expect(visits.shoot({ site: "s-2", role: "before" })).rejects.toMatchObject({ code: "disk-full" });
    const files = await readdir(drafts);
    await disk.empty();
    await visits.shoot({ site: "s-2", role: "before" });
    await visits.shoot({ site: "s-2", role: "after" });

    expect(files).toHaveLength(2);
    expect(await visitsIn(outbox)).toHaveLength(1);
  });
});
