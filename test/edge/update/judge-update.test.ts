import { describe, expect, it } from "vitest";
import { makeKeyPair, signBytes } from "#contract/ed25519.ts";
import { SignedUpdate, signUpdate, type UpdateManifest, updateId } from "#contract/updates.ts";
import { type JudgeFacts, judgeUpdate } from "../../../edge/update/judge-update.ts";

const NOW = Date.UTC(2026, 10, 22);
const operator = makeKeyPair();

const aManifest = (change: Partial<UpdateManifest> = {}): UpdateManifest => ({
  v: 1,
  purpose: "dvornik-update-1",
  kind: "model",
  name: "waste-site",
  version: "2.0.0",
  counter: 7,
  minSoftware: "0.1.0",
  issuedAt: NOW - 1_000,
  expiresAt: NOW + 1_000,
  files: [{ name: "model.int8.onnx", sha256: "a".repeat(64), bytes: 10 }],
  ...change,
});
const signed = (change: Partial<UpdateManifest> = {}) => signUpdate(aManifest(change), operator.privateKeyPem);

const facts = (change: Partial<JudgeFacts> = {}): JudgeFacts => ({
  keys: [operator.publicKey],
  software: "0.1.0",
  isKnown: () => true,
  highest: () => undefined,
  floor: () => 0,
  arch: "arm64",
  now: { at: NOW, clock: "ntp" },
  ...change,
});
const refused = (reason: RegExp) => ({ kind: "refuse", reason: expect.stringMatching(reason) });
const unfit = (reason: RegExp) => ({ kind: "unfit", reason: expect.stringMatching(reason) });
const waits = (reason: RegExp) => ({ kind: "wait", reason: expect.stringMatching(reason) });

describe("judgeUpdate", () => {
  it("takes what a known key has signed, is newer than all before and has not expired", () => {
    expect(judgeUpdate(signed(), facts())).toEqual({ kind: "take" });
    expect(judgeUpdate(signed(), facts({ highest: () => ({ counter: 6, id: "x" }) }))).toEqual({ kind: "take" });
  });

  it("goes on with the one that it has begun", () => {
    const id = updateId(aManifest());

    expect(judgeUpdate(signed(), facts({ highest: () => ({ counter: 7, id }) }))).toEqual({ kind: "take" });
  });

  it("refuses everything where no key is pinned", () => {
    expect(judgeUpdate(signed(), facts({ keys: [] }))).toEqual(unfit(/UPDATE_KEYS is not set/));
  });

  it("refuses a key that is not pinned", () => {
    const stranger = makeKeyPair();

    expect(judgeUpdate(signUpdate(aManifest(), stranger.privateKeyPem), facts())).toEqual(refused(/does not know/));
  });

  it("refuses a stranger's signature under the name of a known key", () => {
    const stranger = signUpdate(aManifest(), makeKeyPair().privateKeyPem);

    expect(judgeUpdate({ ...stranger, key: operator.publicKey }, facts())).toEqual(refused(/signature/));
  });

  it.each<[string, Partial<UpdateManifest>]>([
    ["the counter", { counter: 8 }],
    ["the end", { expiresAt: NOW + 9_000_000 }],
    ["a file", { files: [{ name: "model.int8.onnx", sha256: "b".repeat(64), bytes: 10 }] }],
    ["a member that nobody knows", { note: "changed" }],
  ])("refuses a manifest in which %s was changed after it was signed", (_name, change) => {
    const { key, sig } = signed();

    expect(judgeUpdate({ manifest: aManifest(change), key, sig }, facts())).toEqual(refused(/signature/));
  });

  it("cannot even be asked about what was signed for another purpose", () => {
    const manifest = { ...aManifest(), purpose: "visit" };
    const sig = signBytes(Buffer.from(JSON.stringify(manifest)), operator.privateKeyPem);

    expect(SignedUpdate.safeParse({ manifest, key: operator.publicKey, sig }).success).toBe(false);
  });

  it("refuses an older counter, and another content under the same one", () => {
    expect(judgeUpdate(signed(), facts({ highest: () => ({ counter: 8, id: "x" }) }))).toEqual(refused(/older than 8/));
    expect(judgeUpdate(signed(), facts({ highest: () => ({ counter: 7, id: "x" }) }))).toEqual(refused(/another/));
  });

  it("refuses what has expired, to the millisecond", () => {
    expect(judgeUpdate(signed({ expiresAt: NOW }), facts())).toEqual(refused(/expired at 2026-11-22T00:00:00.000Z/));
    expect(judgeUpdate(signed({ expiresAt: NOW + 1 }), facts())).toEqual({ kind: "take" });
  });

  it("waits while there is no time", () => {
    expect(judgeUpdate(signed(), facts({ now: { at: null, clock: "none" } }))).toEqual(waits(/the clock is none/));
    expect(judgeUpdate(signed(), facts({ now: { at: NOW, clock: "gps" } }))).toEqual({ kind: "take" });
  });

  it("believes a battery's clock where a day more or less changes nothing, and waits where it does", () => {
    const DAY_MS = 86_400_000;
    const byBattery = (fromNowMs: number) => facts({ now: { at: NOW + fromNowMs, clock: "rtc" } });
    const update = signed({ issuedAt: NOW, expiresAt: NOW + 10 * DAY_MS });

    expect(judgeUpdate(update, byBattery(DAY_MS))).toEqual({ kind: "take" });
    expect(judgeUpdate(update, byBattery(-DAY_MS))).toEqual({ kind: "take" });
    expect(judgeUpdate(update, byBattery(9 * DAY_MS - 1))).toEqual({ kind: "take" });
    expect(judgeUpdate(update, byBattery(9 * DAY_MS))).toEqual(waits(/will within a day/));
    expect(judgeUpdate(update, byBattery(900 * DAY_MS))).toEqual(waits(/has expired/));
    expect(judgeUpdate(update, byBattery(-2 * DAY_MS))).toEqual(waits(/not signed yet/));
  });

  it("waits for the software that it needs", () => {
    expect(judgeUpdate(signed({ minSoftware: "0.10.0" }), facts({ software: "0.9.9" }))).toEqual(
      waits(/needs software/),
    );
    expect(judgeUpdate(signed({ minSoftware: "0.9" }), facts({ software: "0.9.0" }))).toEqual({ kind: "take" });
  });

  it("is not for a device that has nothing to be replaced by it, or is another machine", () => {
    expect(judgeUpdate(signed(), facts({ isKnown: () => false }))).toEqual(unfit(/no model by the name of waste-site/));
    expect(judgeUpdate(signed({ arch: "x64" }), facts())).toEqual(unfit(/for x64, this is arm64/));
    expect(judgeUpdate(signed({ arch: "arm64" }), facts())).toEqual({ kind: "take" });
  });

  it("is not for a device that came with newer software, whose book is new or lost", () => {
    const software = (change: Partial<UpdateManifest>) => signed({ kind: "software", name: "edge", ...change });

    expect(judgeUpdate(software({ version: "0.9.0" }), facts({ software: "2.0.0" }))).toEqual(
      unfit(/older than 2.0.0/),
    );
    expect(judgeUpdate(software({ version: "2.0.1" }), facts({ software: "2.0.0" }))).toEqual({ kind: "take" });
    expect(judgeUpdate(signed(), facts({ floor: () => 8 }))).toEqual(unfit(/counter 7 is older than 8, which is here/));
    expect(judgeUpdate(signed(), facts({ floor: () => 7 }))).toEqual(refused(/another update/));
    expect(judgeUpdate(signed(), facts({ floor: () => 6 }))).toEqual({ kind: "take" });
  });
});
