import { createHash } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { makeKeyPair } from "#contract/ed25519.ts";
import { signVisit } from "#contract/evidence.ts";
import type { Message, Visit } from "#contract/messages.ts";
import type { Address } from "#contract/names.ts";
import { acknowledgeAlert } from "../../../cloud/alerts/alert-book.ts";
import { alertIdOf } from "../../../cloud/alerts/dirty-after.ts";
import { isWholeJpeg } from "../../../cloud/ingest/check-jpeg.ts";
import { gatewaysOf } from "../../../cloud/ingest/gateways.ts";
import { type JoinStores, joinPhoto, sweepOld, sweepShelf } from "../../../cloud/ingest/join-photo.ts";
import { openDelivery } from "../../../cloud/ingest/open-delivery.ts";
import { createPairMemory } from "../../../cloud/ingest/pair-memory.ts";
import { LOOSE_BYTES_PER_DEVICE, MAX_PHOTO_BYTES, shelveChunks } from "../../../cloud/ingest/shelve-chunks.ts";
import { commitMessages, replayVisits, type SiteStores, storeMessages } from "../../../cloud/ingest/store-messages.ts";
import { storedSince } from "../../../cloud/ingest/stored-since.ts";
import { indexRegistry } from "../../../cloud/registry/registry-index.ts";
import { verifyVisits } from "../../../cloud/sites/visit-book.ts";
import { openFolderPhotos } from "../../../cloud/store/photos/folder-photos.ts";
import { pinKey } from "../../../cloud/store/state/devices.ts";
import { logRangesOf } from "../../../cloud/store/state/log-book.ts";
import { drawSite } from "../../../models/samples/drawn-site.ts";
import {
  aGap,
  aHealth,
  aPhoto,
  aRegistry,
  aVisit,
  aVisitPhoto,
  letterOf,
  NOON,
  TRUCK,
  TRUCK_KEYS,
} from "../../support/builders.ts";
import { openStateFiles } from "../../support/state-files.ts";

const JPEG = await drawSite({ seed: 1, state: "overflow", widthPx: 640, heightPx: 480 });
const LATER = NOON + 3_600_000;

async function openStores() {
  const { folder, state, shelf, view } = await openStateFiles();
  let registry = indexRegistry(aRegistry());
  const internal: unknown[] = [];
  const photos = await openFolderPhotos(join(folder, "photos"));
  const stores: SiteStores & JoinStores = {
    state,
    shelf,
    photos,
    isJpeg: isWholeJpeg,
    registry: () => registry,
    nowMs: () => LATER,
    onInternal: (error: unknown) => void internal.push(error),
    gateways: gatewaysOf("yard=*"),
    onRefusedGap: () => {},
    pairs: createPairMemory(),
  };
  return {
    stores,
    view,
    internal,
    store: (...messages: readonly Message[]) =>
      storeMessages(
        messages.map((m) => letterOf(m, TRUCK)),
        stores,
      ),
    ranges: () => state.read((sql) => logRangesOf(sql, { ...TRUCK, log: "log-truck" })),
    reasons: () =>
      view
        .deadLetters(100)
        .map(({ reason }) => reason)
        .sort(),
    useRegistry: (change: Parameters<typeof aRegistry>[0]) => {
      registry = indexRegistry(aRegistry(change));
    },
    pin: (key: string) =>
      state.transaction(LATER, ({ sql }) => {
        const pinning = pinKey(sql, TRUCK, key, LATER);
        return { pinning, events: verifyVisits(sql, TRUCK) };
      }),
    photoFiles: async () => (await readdir(join(folder, "photos"), { recursive: true })).filter((f) => f.includes(".")),
  };
}

const dirty = (change: Partial<Visit> = {}) => aVisit({ photos: [aVisitPhoto({ state: "overflow" })], ...change });

describe("a visit", () => {
  it("becomes the last visit of its site", async () => {
    const { store, view } = await openStores();

    const { events } = store(aVisit());

    expect(events).toEqual([{ kind: "site", site: "site-1" }]);
    expect(view.lastVisitOf("site-1")).toMatchObject({ visit: "visit-1", device: "truck-0001", storedAt: LATER });
    expect(view.alerts()).toEqual([]);
  });

  it("that comes twice counts once, also with another number", async () => {
    const { store, view } = await openStores();

    store(dirty(), dirty());
    store(dirty({ seq: 2 }));

    expect(view.counts()).toMatchObject({ visits: 1, alerts: 1, messages: 2, duplicates: 1 });
    expect(view.deadLetters(10)).toEqual([]);
  });

  it("with the name of another visit is a dead letter, and the first stays", async () => {
    const { store, view, reasons } = await openStores();

    store(aVisit(), dirty({ seq: 2 }));

    expect(reasons()).toEqual(["visit-conflict"]);
    expect(view.alerts()).toEqual([]);
  });

  it("that ended earlier does not replace a later one", async () => {
    const { store, view } = await openStores();

    store(aVisit({ seq: 1, visit: "later", endedAt: NOON }));
    store(aVisit({ seq: 2, visit: "earlier", endedAt: NOON - 60_000 }));

    expect(view.lastVisitOf("site-1")?.visit).toBe("later");
  });

  it("is checked by the pinned key, also when the key comes later", async () => {
    const { store, view, pin } = await openStores();
    store(aVisit({ seq: 1, visit: "genuine" }));
    expect(view.lastVisitOf("site-1")?.signature).toBe("unknown-key");

    const { events } = pin(TRUCK_KEYS.publicKey);
    expect(events).toEqual([{ kind: "site", site: "site-1" }]);
    expect(view.lastVisitOf("site-1")?.signature).toBe("valid");

    const forged = { ...aVisit({ seq: 2, visit: "forged", endedAt: NOON + 1 }), endedAt: NOON + 2 };
    expect(store(forged).events).toEqual([]);
    expect(view.lastVisitOf("site-1")).toMatchObject({ visit: "genuine", signature: "valid" });
  });

  it("with a wrong signature is kept and counted, but neither moves its site nor alerts anybody", async () => {
    const { store, view, pin } = await openStores();
    pin(TRUCK_KEYS.publicKey);
    store(aVisit({ seq: 1, visit: "genuine", endedAt: NOON - 60_000 }));

    store({ ...dirty({ seq: 2, visit: "forged" }), endedAt: NOON + 2 });

    expect(view.lastVisitOf("site-1")?.visit).toBe("genuine");
    expect(view.counts()).toMatchObject({ visits: 2, "invalid-visits": 1, alerts: 0 });
    expect(view.deadLetters(10)).toEqual([]);
  });

  it("that turns out to be forged gives the site back to the visit before it", async () => {
    const { store, view, pin, useRegistry } = await openStores();
    useRegistry({ sites: aRegistry().sites.flatMap((site) => [site, { ...site, id: "site-2" }]) });
    store(aVisit({ seq: 1, visit: "genuine", endedAt: NOON - 60_000 }));
    store({ ...aVisit({ seq: 2, visit: "forged" }), endedAt: NOON + 2 });
    store({ ...aVisit({ seq: 3, visit: "elsewhere", site: "site-2" }), endedAt: NOON + 2 });
    expect(view.lastVisitOf("site-1")?.visit).toBe("forged");

    pin(TRUCK_KEYS.publicKey);

    expect(view.lastVisitOf("site-1")).toMatchObject({ visit: "genuine", signature: "valid" });
    expect(view.lastVisitOf("site-2")).toBeUndefined();
    expect(view.counts()).toMatchObject({ visits: 3, "invalid-visits": 2 });
  });

  it("is checked with the members that this version does not know", async () => {
    const { store, view, pin } = await openStores();
    pin(TRUCK_KEYS.publicKey);
    const body = { ...aVisit(), photos: [{ ...aVisitPhoto(), lens: "wide" }], weather: { snow: true } };

    store({ ...body, sig: signVisit(body, TRUCK_KEYS.privateKeyPem) });

    expect(view.lastVisitOf("site-1")?.signature).toBe("valid");
  });

  it("is never checked by a second key", async () => {
    const { store, view, pin } = await openStores();
    pin(TRUCK_KEYS.publicKey);

    expect(pin(makeKeyPair().publicKey).pinning).toBe("refused");

    store(aVisit());
    expect(view.lastVisitOf("site-1")?.signature).toBe("valid");
  });

  it("of an unknown site waits in the dead letters until the registry knows it", async () => {
    const { store, stores, view, ranges, useRegistry, reasons } = await openStores();
    useRegistry({ sites: [] });
    store(dirty());
    expect(reasons()).toEqual(["unknown-site"]);
    expect(ranges()).toEqual({ received: [[1, 1]], lost: [[1, 1]] });
    useRegistry({});

    const events = replayVisits(stores);

    expect(events.map(({ kind }) => kind)).toEqual(["site", "alert"]);
    expect(view.counts()).toMatchObject({ visits: 1, alerts: 1 });
    expect(reasons()).toEqual([]);
    expect(ranges()).toEqual({ received: [[1, 1]], lost: [] });
  });

  it("cannot speak of another tenant's site", async () => {
    const { stores, reasons } = await openStores();

    storeMessages([letterOf(aVisit(), { ...TRUCK, tenant: "elsewhere" })], stores);

    expect(reasons()).toEqual(["unknown-site"]);
  });
});

describe("a message that a gap named", () => {
  const gap = aGap({ seq: 9, ranges: [[1, 8]] });

  it("has all its effects when it comes nevertheless", async () => {
    const { store, view, ranges } = await openStores();
    store(gap);

    store(dirty({ seq: 5 }));
    store(dirty({ seq: 5 }));

    expect(view.counts()).toMatchObject({ visits: 1, alerts: 1, duplicates: 1 });
    expect(ranges()).toEqual({
      received: [[1, 9]],
      lost: [
        [1, 4],
        [6, 8],
      ],
    });
  });

  it("is put on the shelf when it is a piece of a photo", async () => {
    const { store, stores, view } = await openStores();
    const photo = aPhoto(JPEG, { seq: 1 });
    store(gap);

    store(photo.notice, ...photo.chunks);
    await joinPhoto({ ...TRUCK, sha: photo.sha }, stores);

    expect([...view.wholePhotos([photo.sha])]).toEqual([photo.sha]);
  });
});

describe("a gap of a gateway", () => {
  const yard = { tenant: "dv", device: "yard" };
  const named = { lostTenant: TRUCK.tenant, lostDevice: TRUCK.device, log: "log-yard" };
  const from = (address: Address, gap: Message, stores: SiteStores) => storeMessages([letterOf(gap, address)], stores);

  it("covers the log of the device that it names, though the city has never heard of it", async () => {
    const { stores, ranges } = await openStores();

    from(yard, aGap({ ...named, ranges: [[1, 8]] }), stores);

    expect(ranges()).toEqual({ received: [[1, 8]], lost: [[1, 8]] });
  });

  it("covers nothing where it says numbers of its journal, and is kept", async () => {
    const { stores, ranges, view } = await openStores();

    from(yard, aGap({ ...named, of: "journal" }), stores);

    expect(ranges()).toEqual({ received: [], lost: [] });
    expect(view.counts()).toMatchObject({ gaps: 1 });
  });

  it("covers nothing where another device says it, but does where the device itself does", async () => {
    const { stores, ranges } = await openStores();

    from({ ...TRUCK, device: "truck-0002" }, aGap(named), stores);
    expect(ranges()).toEqual({ received: [], lost: [] });
    from(TRUCK, aGap({ ...named, log: "log-truck", seq: 5, ranges: [[1, 4]] }), stores);

    expect(ranges()).toEqual({ received: [[1, 5]], lost: [[1, 4]] });
  });
});

describe("an alert", () => {
  it("is raised in the transaction of its visit, for the site's municipality", async () => {
    const { store, view } = await openStores();

    const { events } = store(dirty());

    const id = alertIdOf(TRUCK, "visit-1");
    expect(events).toEqual([
      { kind: "site", site: "site-1" },
      { kind: "alert", alert: id },
    ]);
    expect(view.alert(id)).toMatchObject({ municipality: "town", createdAt: LATER, acknowledgedAt: null });
  });

  it("keeps the first name that acknowledged it", async () => {
    const { store, stores, view } = await openStores();
    store(dirty());
    const id = alertIdOf(TRUCK, "visit-1");
    const acknowledge = (alert: string, by: string, at: number) =>
      stores.state.transaction(at, ({ sql }) => acknowledgeAlert(sql, alert, by, at));

    expect(acknowledge(id, "Anna", 1)).toBe(true);
    expect(acknowledge(id, "Boris", 2)).toBe(true);
    expect(acknowledge("no-such-alert", "Anna", 3)).toBe(false);

    expect(view.alert(id)).toMatchObject({ acknowledgedBy: "Anna", acknowledgedAt: 1 });
  });
});

describe("a photo", () => {
  const photo = aPhoto(JPEG, { seq: 10, pieceBytes: 20_000 });
  const key = { ...TRUCK, sha: photo.sha };

  it("is whole once its notice and all pieces are here, in any order and twice", async () => {
    const { store, stores, view, photoFiles } = await openStores();
    const [first, ...others] = photo.chunks;
    store(...others.reverse(), ...others);
    expect(await joinPhoto(key, stores)).toEqual([]);
    store(photo.notice, ...(first === undefined ? [] : [first]));

    await joinPhoto(key, stores);

    expect([...view.wholePhotos([photo.sha, "other"])]).toEqual([photo.sha]);
    expect(await stores.photos.read(photo.sha)).toEqual(Buffer.from(JPEG));
    expect(await photoFiles()).toEqual([`${photo.sha.slice(0, 2)}/${photo.sha}.jpg`]);
    expect(stores.shelf.keys()).toEqual([]);
    expect(view.counts()).toMatchObject({ photos: 1 });
    expect(view.deadLetters(10)).toEqual([]);
  });

  it("that comes again when it is whole changes nothing and leaves nothing behind", async () => {
    const { store, stores, view } = await openStores();
    store(photo.notice, ...photo.chunks);
    await joinPhoto(key, stores);

    store(photo.notice, ...photo.chunks);
    const again = aPhoto(JPEG, { seq: 100, pieceBytes: 20_000 });
    store(again.notice, ...again.chunks);
    await joinPhoto(key, stores);

    expect(stores.shelf.keys()).toEqual([]);
    expect(view.counts()).toMatchObject({ photos: 1 });
  });

  it("tells the site and the alert that show it", async () => {
    const { store, stores } = await openStores();
    store(dirty({ photos: [aVisitPhoto({ sha: photo.sha, state: "overflow" })] }), photo.notice, ...photo.chunks);

    const events = await joinPhoto(key, stores);

    expect(events).toEqual([
      { kind: "site", site: "site-1" },
      { kind: "alert", alert: alertIdOf(TRUCK, "visit-1") },
    ]);
  });

  it("survives a kill between any two steps", async () => {
    const { store, stores, view } = await openStores();
    const letters = [photo.notice, ...photo.chunks].map((message) => letterOf(message, TRUCK));

    // Killed between the shelf and the state: the pieces come again.
    const opened = letters.map(openDelivery);
    const chunks = opened.flatMap((one) =>
      one.problem === undefined && one.message.kind === "chunk" ? [{ ...one, message: one.message }] : [],
    );
    shelveChunks(chunks, stores.shelf, stores.state, LATER);
    expect(shelveChunks(chunks, stores.shelf, stores.state, LATER).size).toBe(0);
    // Killed between the state and the acknowledgement: everything comes again.
    commitMessages(opened, new Map(), stores);
    store(photo.notice, ...photo.chunks);
    // Killed between the file and its mark.
    await stores.photos.put(photo.sha, JPEG);
    expect(view.wholePhotos([photo.sha]).size).toBe(0);
    // Killed between the mark and the tidying.
    const untidy = { ...stores, shelf: { ...stores.shelf, remove: () => {} } };
    await joinPhoto(key, untidy);
    expect(stores.shelf.keys()).toEqual([key]);
    sweepShelf(stores);

    expect(stores.shelf.keys()).toEqual([]);
    expect(await joinPhoto(key, stores)).toEqual([]);
    expect(view.counts()).toMatchObject({ photos: 1, messages: 1 + photo.chunks.length });
  });

  it("whose bytes are not those announced is a dead letter, and may be announced again", async () => {
    const { store, stores, view, ranges, reasons } = await openStores();
    const wrong = createHash("sha256").update("another photo").digest("hex");
    const bad = aPhoto(JPEG, { seq: 1, pieceBytes: 20_000, sha: wrong });
    store(bad.notice, ...bad.chunks);

    await joinPhoto({ ...TRUCK, sha: wrong }, stores);

    expect(reasons()).toEqual(["photo-hash"]);
    expect(ranges().lost).toEqual([[1, 1 + bad.chunks.length]]);
    expect(stores.shelf.keys()).toEqual([]);
    expect(view.wholePhotos([wrong]).size).toBe(0);

    const right = aPhoto(Buffer.from("another photo"), { seq: 50 });
    store(right.notice, ...right.chunks);
    await joinPhoto({ ...TRUCK, sha: wrong }, stores);
    expect(reasons()).toEqual(["photo-hash", "photo-not-jpeg"]);
  });

  it.each([
    ["a text", Buffer.from("Not a picture at all.")],
    ["a truncated JPEG", JPEG.subarray(0, JPEG.length / 2)],
    ["an empty JPEG", Buffer.from([0xff, 0xd8, 0xff, 0xd9])],
  ])("that is %s is a dead letter", async (_, bytes) => {
    const { store, stores, reasons } = await openStores();
    const bad = aPhoto(bytes);
    store(bad.notice, ...bad.chunks);

    await joinPhoto({ ...TRUCK, sha: bad.sha }, stores);

    expect(reasons()).toEqual(["photo-not-jpeg"]);
  });

  it("that nobody announced takes no more room than a device may have", async () => {
    const { store, stores, reasons } = await openStores();
    const each = MAX_PHOTO_BYTES - 1024;
    const count = Math.ceil(LOOSE_BYTES_PER_DEVICE / each) + 2;
    const loose = Array.from({ length: count }, (_, i) => aPhoto(Buffer.alloc(each, i), { seq: i * 100 + 1 }));

    store(...loose.flatMap(({ chunks }) => chunks));

    const sum = stores.shelf.bytesOf(TRUCK).reduce((total, { bytes }) => total + bytes, 0);
    expect(sum).toBeLessThanOrEqual(LOOSE_BYTES_PER_DEVICE);
    expect(new Set(reasons())).toEqual(new Set(["over-quota"]));

    store({ ...photo.notice, seq: 90_000 });
    store(...photo.chunks.map((chunk, i) => ({ ...chunk, seq: 90_001 + i })));
    expect(await joinPhoto(key, stores)).toEqual([]);
    expect(await stores.photos.read(photo.sha)).toEqual(Buffer.from(JPEG));
  });

  it("of which nothing came for seven days is given up, announced or not", async () => {
    const { store, stores, ranges, reasons } = await openStores();
    const [announced, loose] = [photo, aPhoto(Buffer.alloc(50_000, 1), { seq: 50 })];
    store(announced.notice, ...announced.chunks.slice(1), ...loose.chunks);
    const sweptAfter = (days: number) => sweepOld({ ...stores, nowMs: () => LATER + days * 86_400_000 });

    sweptAfter(6.9);
    expect(reasons()).toEqual([]);
    sweptAfter(7.1);

    expect(reasons()).toEqual([...loose.chunks, announced.notice].map(() => "photo-incomplete"));
    expect(stores.shelf.keys()).toEqual([]);
    expect(ranges().lost).toEqual(ranges().received);
    sweptAfter(8);
  });

  it("does not take pieces that are out of bounds, of another count, or too many", async () => {
    const { store, stores, view, reasons } = await openStores();
    const [piece] = photo.chunks;
    if (piece === undefined) throw new Error("a photo has a piece");
    const huge = aPhoto(Buffer.alloc(300_000), { seq: 200 });

    store(
      photo.notice,
      ...photo.chunks,
      { ...piece, seq: 101, i: piece.n },
      { ...piece, seq: 102, n: piece.n + 1 },
      { ...piece, seq: 103, bytes: new Uint8Array(0) },
      { ...piece, seq: 104, bytes: new Uint8Array(32 * 1024 + 1) },
      huge.notice,
      ...huge.chunks,
    );
    await joinPhoto(key, stores);

    expect([...new Set(reasons())]).toEqual(["chunk-bounds", "chunk-mismatch", "photo-too-large"]);
    expect(reasons().filter((reason) => reason === "chunk-bounds")).toHaveLength(3);
    expect(view.wholePhotos([photo.sha]).size).toBe(1);
  });
});

describe("a batch of the sites group", () => {
  it("keeps what devices say of themselves", async () => {
    const { store, view, ranges } = await openStores();

    store(aHealth({ seq: 1 }), aGap({ seq: 5 }));

    expect(ranges()).toEqual({ received: [[1, 5]], lost: [[2, 4]] });
    expect(view.counts()).toMatchObject({ gaps: 1, messages: 2 });
  });

  it("goes on past messages that break our own code", async () => {
    const { stores, view, internal, reasons } = await openStores();
    const broken: SiteStores = {
      ...stores,
      registry: () => ({
        ...stores.registry(),
        site: (id) => {
          if (id === "site-2") throw new TypeError("our own fault");
          return stores.registry().site(id);
        },
      }),
    };

    storeMessages(
      [aVisit({ seq: 1 }), aVisit({ seq: 2, visit: "other", site: "site-2" }), aHealth({ seq: 3 })].map((message) =>
        letterOf(message, TRUCK),
      ),
      broken,
    );

    expect(reasons()).toEqual(["internal"]);
    expect(internal).toHaveLength(1);
    expect(view.counts()).toMatchObject({ visits: 1, messages: 3 });
  });

  it("does not count a stored message as lost because what comes under its number again cannot be used", async () => {
    const { store, stores, ranges, reasons } = await openStores();
    const visit = letterOf(aVisit(), TRUCK);
    store(aVisit());

    storeMessages([{ ...visit, payload: Buffer.from(JSON.stringify({ ...aVisit(), photos: "none" })) }], stores);

    expect(reasons()).toEqual(["malformed"]);
    expect(ranges().lost).toEqual([]);
  });

  it("gives unreadable messages their reasons", async () => {
    const { stores, view, reasons } = await openStores();
    const { topic } = letterOf(aVisit(), TRUCK);
    const visit = letterOf(aVisit(), TRUCK).payload;
    const loneSurrogate = JSON.stringify({ ...aVisit({ seq: 7, visit: "v7" }), note: "?" }).replace('"?"', '"\\ud800"');

    storeMessages(
      [
        { topic, payload: Buffer.from("{") },
        { topic: topic.replace("visit", "photo"), payload: visit },
        { topic: topic.replace("visit", "chunk"), payload: Buffer.from("no newline") },
        { topic: "elsewhere", payload: visit },
        { topic, payload: Buffer.from(loneSurrogate) },
        { topic, payload: Buffer.alloc(0) },
      ],
      stores,
    );

    expect(reasons()).toEqual(["malformed", "malformed", "malformed", "malformed", "wrong-topic", "wrong-topic"]);
    expect(view.counts()).toMatchObject({ visits: 0 });
  });
});

describe("storedSince", () => {
  it("tells many devices in rounds, all of one change together, and leaves none out", async () => {
    const { stores } = await openStores();
    const from = (n: number) => ({ ...TRUCK, device: `truck-${n}` });
    const stored = (...devices: number[]) =>
      storeMessages(
        devices.map((n) => letterOf(aHealth({ log: `log-${n}` }), from(n))),
        stores,
      );
    stored(1);
    stored(2, 3, 4);
    stored(5);

    const rounds: string[][] = [];
    for (let revision = 0; ; ) {
      const told = stores.state.read((sql) => storedSince(sql, revision, 2));
      if (told.length === 0) break;
      rounds.push(told.map(({ address }) => address.device).toSorted());
      revision = told.at(-1)?.revision ?? revision;
    }

    expect(rounds).toEqual([["truck-1", "truck-2", "truck-3", "truck-4"], ["truck-5"]]);
  });

  it("tells each device of its newest log, and again when a photo has become whole", async () => {
    const { store, stores } = await openStores();
    const photo = aPhoto(JPEG, { seq: 2 });
    store(aVisit({ seq: 1 }), photo.notice, ...photo.chunks);

    const [first] = stores.state.read((sql) => storedSince(sql, 0, 10));
    expect(first?.stored).toMatchObject({ log: "log-truck", upTo: 2 + photo.chunks.length, photos: [] });
    expect(stores.state.read((sql) => storedSince(sql, first?.revision ?? 0, 10))).toEqual([]);

    await joinPhoto({ ...TRUCK, sha: photo.sha }, stores);
    const [second] = stores.state.read((sql) => storedSince(sql, first?.revision ?? 0, 10));
    expect(second).toMatchObject({ address: TRUCK, stored: { log: "log-truck", photos: [photo.sha] } });

    store(aHealth({ log: "reinstalled", seq: 1 }));
    const all = stores.state.read((sql) => storedSince(sql, 0, 10));
    expect(all).toMatchObject([{ stored: { log: "reinstalled", upTo: 1, photos: [photo.sha] } }]);
  });
});
