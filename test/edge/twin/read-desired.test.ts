import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { makeKeyPair } from "#contract/ed25519.ts";
import { signUpdate } from "#contract/updates.ts";
import { readDesired } from "../../../edge/twin/read-desired.ts";

const bytesOf = (value: unknown) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value));
const TWIN = { v: 1, rev: 3, settings: { LOG_LEVEL: "debug" }, updates: [] };

const update = signUpdate(
  {
    v: 1,
    purpose: "dvornik-update-1",
    kind: "model",
    name: "waste-site",
    version: "1.0.0",
    counter: 1,
    minSoftware: "0.1.0",
    issuedAt: 1_780_000_000_000,
    expiresAt: 1_790_000_000_000,
    files: [{ name: "model.onnx", sha256: "a".repeat(64), bytes: 10 }],
  },
  makeKeyPair().privateKeyPem,
);

describe("readDesired", () => {
  it("reads a twin, and keeps room for members that it does not know", () => {
    expect(readDesired(bytesOf({ ...TWIN, later: true }))).toEqual({
      rev: 3,
      settings: TWIN.settings,
      updates: [],
      refused: [],
    });
  });

  it("says why nothing of it can be taken", () => {
    const large = bytesOf({ ...TWIN, settings: { LOG_LEVEL: "x".repeat(10_000_000) } });

    expect(readDesired(bytesOf('{"v":1,'))).toBe("is no JSON");
    expect(readDesired(bytesOf({ ...TWIN, v: 2 }))).toContain("is not understood by this software (v:");
    expect(readDesired(bytesOf({ ...TWIN, rev: 0 }))).toContain("(rev:");
    expect(readDesired(bytesOf({ ...TWIN, rev: Number.MAX_SAFE_INTEGER }))).toContain("(rev:");
    expect(readDesired(bytesOf([TWIN]))).toContain("is not understood");
    expect(readDesired(large)).toContain("at most 65536 are taken");
    expect(readDesired(Buffer.from("[".repeat(60_000)))).toBe("is no JSON");
  });

  it("hands on the updates that are some, and names the others", () => {
    const wanted = readDesired(bytesOf({ ...TWIN, updates: [update, { manifest: {} }, 7, update, update] }));

    expect(wanted).toMatchObject({ updates: [update, update] });
    expect(wanted).toMatchObject({
      refused: [{ setting: "updates.1" }, { setting: "updates.2" }, { setting: "updates" }],
    });
  });

  it("never throws, whatever the bytes are", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(readDesired(bytes)).toBeDefined();
      }),
    );
    fc.assert(
      fc.property(
        fc.record({ v: fc.constant(1), rev: fc.anything(), settings: fc.anything(), updates: fc.anything() }),
        (it) => {
          expect(readDesired(bytesOf(JSON.stringify(it) ?? ""))).toBeDefined();
        },
      ),
    );
  });
});
