import { describe, expect, it } from "vitest";
import { CameraUnavailable } from "../../../edge/camera/camera.ts";
import { keepNewest } from "../../../edge/twin/newest-want.ts";
import { cameraTrouble } from "../../../edge/twin/prove-camera.ts";

describe("what is wanted of a device", () => {
  it("is decided on a few times at once, then once a minute, and always the newest", async () => {
    let nowMs = 0;
    const taken: string[] = [];
    const refused: string[] = [];
    const clock = { nowMs: () => 0, monotonicMs: () => nowMs };
    const take = async (bytes: Uint8Array) => void taken.push(Buffer.from(bytes).toString());
    const newest = keepNewest({ take, refuse: (reason) => refused.push(reason) }, clock);

    for (let rev = 1; rev <= 12 * 60 * 60; rev += 1) {
      nowMs += 1_000;
      newest.offer(Buffer.from(String(rev)));
      await newest.take();
    }

    expect(taken.slice(0, 8)).toEqual(["1", "2", "3", "4", "5", "6", "7", "8"]);
    expect(taken.length).toBeGreaterThan(12 * 60);
    expect(taken.length).toBeLessThan(12 * 60 + 10);
    expect(refused.at(-1)).toContain("waits: it comes too often");
    nowMs += 60_000;
    await newest.take();
    expect(taken.at(-1)).toBe("43200");
    expect(newest.waits).toBe(false);
  });
});

describe("cameraTrouble", () => {
  const failing = (reason: "cable" | "busy" | "power") => ({
    check: async () => {
      throw new CameraUnavailable(reason, "it is away");
    },
  });

  it("asks the camera that is on trial, and no other setting has to do with it", async () => {
    expect(await cameraTrouble(["CAMERA"], failing("cable"))).toContain("does not answer (it is away)");
    expect(await cameraTrouble(["CAMERA_OPTIONS"], { check: async () => "well" })).toBeNull();
    expect(await cameraTrouble(["SDS011"], failing("cable"))).toBeNull();
    expect(await cameraTrouble(["CAMERA"], undefined)).toBeNull();
  });

  it("blames no camera that is used just now, or not used to save power", async () => {
    expect(await cameraTrouble(["CAMERA"], failing("busy"))).toBeNull();
    expect(await cameraTrouble(["CAMERA"], failing("power"))).toBeNull();
  });
});
