import { open, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { sharp } from "../../../edge/camera/thrifty-sharp.ts";
import { createCounters } from "../../../edge/health/counters.ts";
import { openPairChecks, type PairChecks, pairChecksOver } from "../../../edge/pairs/pair-checks.ts";
import { sha256Of } from "../../../edge/visits/photo-messages.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { quiet } from "../support/fakes.ts";
import { drawScene } from "./drawn-scene.ts";

const CLEAN = { clean: 0.95, overflow: 0.02, scattered: 0.02, not_a_site: 0.01 };
const HEAPED = { clean: 0.03, overflow: 0.9, scattered: 0.05, not_a_site: 0.02 };

async function openChecks(file: string, change: { slots?: number; committed?: string } = {}) {
  const counters = createCounters();
  const { slots = 100, committed } = change;
  const checks = await openPairChecks({ file, slots, committed, counters, log: quiet });
  onTestFinished(() => checks.close());
  return { checks, counters };
}

const newFile = async () => join(await tempFolder(), "seen-photos");

async function recordsOf(checks: PairChecks, photos: readonly Uint8Array[]): Promise<string> {
  const sides = photos.map(async (jpeg) => ({ sha: sha256Of(jpeg), marks: await checks.marksOf(jpeg) }));
  return await checks.recordsOf(await Promise.all(sides));
}

async function commit(checks: PairChecks, ...photos: Uint8Array[]): Promise<void> {
  checks.keep(await recordsOf(checks, photos));
  // Waits for what is being kept.
  await checks.recordsOf([]);
}

async function whichKnown(checks: PairChecks, photos: readonly Uint8Array[]): Promise<boolean[]> {
  const known: boolean[] = [];
  for (const photo of photos) known.push((await checks.look(photo)).seen !== null);
  return known;
}

describe("a photo that was used before", () => {
  const REUSES: readonly [string, (jpeg: Uint8Array) => ReturnType<typeof sharp>][] = [
    ["compressed once more", (jpeg) => sharp(jpeg).jpeg({ quality: 45 })],
    ["made smaller", (jpeg) => sharp(jpeg).resize(410)],
    ["brightened", (jpeg) => sharp(jpeg).linear(1.2, 20)],
    ["cut to 70 % of each side", (jpeg) => sharp(jpeg).extract({ left: 100, top: 60, width: 448, height: 336 })],
    ["mirrored", (jpeg) => sharp(jpeg).flop()],
  ];

  it.each(REUSES)("is known again when it is %s", async (_, change) => {
    const { checks } = await openChecks(await newFile());
    const photo = await drawScene(1);
    await commit(checks, await drawScene(2), photo, await drawScene(3));

    const { seen } = await checks.look(await change(photo).jpeg().toBuffer());

    expect(seen).toMatchObject({ sha: sha256Of(photo) });
    expect(seen?.p).toBeGreaterThan(0.75);
  });

  it("is not taken for one that shows the same things from somewhat further left", async () => {
    const { checks } = await openChecks(await newFile());
    await commit(checks, await drawScene(1));

    expect((await checks.look(await drawScene(2))).seen).toBeNull();
    expect((await checks.look(await drawScene(1, { left: 0.55, size: 1.1 }))).seen).toBeNull();
  });

  it("counts as seen only once its visit is committed", async () => {
    const { checks } = await openChecks(await newFile());
    const photo = await drawScene(1);

    await recordsOf(checks, [photo]);

    expect((await checks.look(photo)).seen).toBeNull();
  });

  it("is known after a restart, also where a crash came between the commit and the index", async () => {
    const file = await newFile();
    const first = await openChecks(file);
    const [kept, cut] = [await drawScene(1), await drawScene(2)];
    await commit(first.checks, kept);
    const committed = await recordsOf(first.checks, [cut]);

    for (let start = 0; start < 2; start += 1) {
      const { checks } = await openChecks(file, { committed });
      expect((await checks.look(kept)).seen).toMatchObject({ sha: sha256Of(kept) });
      expect((await checks.look(cut)).seen).toMatchObject({ sha: sha256Of(cut) });
    }
  });

  it("gives way to newer ones when the index is full, and a smaller index keeps the newest", async () => {
    const file = await newFile();
    const { checks } = await openChecks(file, { slots: 3 });
    const photos = await Promise.all([1, 2, 3, 4].map((seed) => drawScene(seed)));
    for (const photo of photos) await commit(checks, photo);
    const knownBy = async (some: PairChecks) => await whichKnown(some, photos);

    expect(await knownBy(checks)).toEqual([false, true, true, true]);
    expect(await knownBy((await openChecks(file, { slots: 2 })).checks)).toEqual([false, false, true, true]);
    expect(await knownBy((await openChecks(file, { slots: 5 })).checks)).toEqual([false, false, true, true]);
  });

  it("is forgotten where its record was damaged, and the others are not", async () => {
    const file = await newFile();
    const { checks } = await openChecks(file, { slots: 2 });
    const photos = [await drawScene(1), await drawScene(2)];
    for (const photo of photos) await commit(checks, photo);
    const handle = await open(file, "r+");
    const { size } = await handle.stat();
    await handle.write(Buffer.from([1, 2, 3]), 0, 3, size - 100);
    await handle.close();

    const { checks: again } = await openChecks(file, { slots: 2 });
    expect(await whichKnown(again, photos)).toEqual([true, false]);
  });

  it("is unknown to an index that is of another kind or cannot be read; that is counted and stops nothing", async () => {
    const file = await newFile();
    await writeFile(file, "something else");
    const { checks, counters } = await openChecks(file);
    expect((await checks.look(await drawScene(1))).seen).toBeNull();
    expect(counters.snapshot()).toEqual({ "seen-begun-anew": 1 });
    expect((await readFile(file)).toString("latin1", 0, 7)).toBe("dvseen1");

    const inTheWay = await openChecks(await tempFolder());
    expect(await inTheWay.checks.look(await drawScene(1))).toMatchObject({ seen: null });
    expect(inTheWay.counters.snapshot()).toEqual({ "seen-unusable": 1 });
  });
});

describe("an index on a disk that does not answer", () => {
  it("holds no shot and no visit: what it was asked is null, what it was given is not kept, and both are counted", async () => {
    const hung = Promise.withResolvers<never>();
    const asked: string[] = [];
    const ask = (what: string) => async () => {
      asked.push(what);
      return await hung.promise;
    };
    const index = {
      size: 1,
      lookUp: ask("look-up"),
      keep: ask("keep"),
      recordsOf: () => "records",
      close: ask("close"),
    };
    const counters = createCounters();
    const checks = pairChecksOver(index, { counters, log: quiet }, 20);
    const photo = await drawScene(1);

    for (let shot = 0; shot < 2; shot += 1) {
      expect(await checks.look(photo)).toMatchObject({
        marks: { widthPx: 256 },
        seen: null,
        screen: expect.any(Number),
      });
    }
    expect(await checks.recordsOf([])).toBe("records");
    checks.keep("records");
    expect([await checks.recordsOf([]), await checks.recordsOf([])]).toEqual(["", ""]);
    await checks.close();

    expect(asked).toEqual(["look-up", "keep"]);
    expect(counters.snapshot()).toEqual({ "pair-check": 2, "seen-unkept": 2 });
  });
});

describe("two photos of a visit", () => {
  async function pairOf(before: Uint8Array, after: Uint8Array, probabilities = { before: HEAPED, after: CLEAN }) {
    const { checks } = await openChecks(await newFile());
    const [marksBefore, marksAfter] = [await checks.marksOf(before), await checks.marksOf(after)];
    return checks.pairOf(
      { sha: sha256Of(before), marks: marksBefore, network: null, probabilities: probabilities.before },
      { sha: sha256Of(after), marks: marksAfter, network: null, probabilities: probabilities.after },
    );
  }

  it("are of one place when the second was taken from somewhat nearer, and it is cleaner", async () => {
    const { samePlace, cleaner } = await pairOf(
      await drawScene(1),
      await drawScene(1, { left: 0.08, top: 0.05, size: 0.85 }),
    );

    expect(samePlace).toBeGreaterThan(0.9);
    expect(cleaner).toBeGreaterThan(0.8);
  });

  it("are not cleaner when the waste came between them", async () => {
    const { cleaner } = await pairOf(await drawScene(1), await drawScene(1), { before: CLEAN, after: HEAPED });

    expect(cleaner).toBeLessThan(0.2);
  });

  it("are of two places when they show different things; then nobody says which is cleaner", async () => {
    const pair = await pairOf(await drawScene(1), await drawScene(4));

    expect(pair.samePlace).toBeLessThan(0.2);
    expect(pair.cleaner).toBeNull();
  });

  it("say nothing of their place when one is too plain, and no photo is compared that cannot be read", async () => {
    const plain = await sharp({ create: { width: 640, height: 480, channels: 3, background: "#345" } })
      .jpeg()
      .toBuffer();
    const { checks, counters } = await openChecks(await newFile());

    expect(await pairOf(await drawScene(1), plain)).toEqual({ samePlace: null, cleaner: null });
    expect(await checks.marksOf(Buffer.from("no photo"))).toBeNull();
    expect(counters.snapshot()).toEqual({ "pair-check": 1 });
  });
});
