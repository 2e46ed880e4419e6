import { describe, expect, it } from "vitest";
import { isFor, joiningOf, placeOf } from "../../../../cloud/fleet/waves/membership.ts";
import { RolloutPlan } from "../../../../cloud/fleet/waves/rollouts.ts";

const fleet = (size: number) => Array.from({ length: size }, (_, n) => ({ tenant: "chel", device: `post-${n}` }));
const nobody = { hasIt: () => false, isReachable: () => true, isAway: () => false };
const namesOf = (devices: readonly { readonly device: string }[]) => devices.map(({ device }) => device);

describe("the devices of a wave", () => {
  it("are about as many as its percent says, and all of them in the last", () => {
    const devices = fleet(10_000);

    const sizes = [1, 10, 100].map((percent) => joiningOf("an-update", percent, devices, nobody).length);

    expect(sizes[0]).toBeGreaterThan(60);
    expect(sizes[0]).toBeLessThan(140);
    expect(sizes[1]).toBeGreaterThan(900);
    expect(sizes[1]).toBeLessThan(1_100);
    expect(sizes[2]).toBe(10_000);
  });

  it("stay in it: a larger wave holds the smaller ones, however the fleet is listed", () => {
    const devices = fleet(3_000);
    const small = new Set(namesOf(joiningOf("an-update", 1, devices, nobody)));

    const large = new Set(namesOf(joiningOf("an-update", 10, devices.toReversed(), nobody)));

    expect([...small].every((name) => large.has(name))).toBe(true);
    expect(small.size).toBeLessThan(large.size);
  });

  it("are others for another update", () => {
    const devices = fleet(3_000);

    const [one, other] = ["one", "other"].map((id) => new Set(namesOf(joiningOf(id, 10, devices, nobody))));

    expect([...(one ?? [])].filter((name) => other?.has(name)).length).toBeLessThan(80);
    expect(placeOf("one", { tenant: "chel", device: "x" })).not.toBe(placeOf("other", { tenant: "chel", device: "x" }));
  });

  it("are at least one, of those that can be reached if there are any, and no second one beside it", () => {
    const devices = fleet(5);
    const first = joiningOf("an-update", 0.01, devices, nobody);
    const last = { tenant: "chel", device: "post-4" };
    const isLast = ({ device }: { readonly device: string }) => device === last.device;

    expect(first).toHaveLength(1);
    expect(joiningOf("an-update", 0.01, devices, { ...nobody, isReachable: isLast })).toEqual([last]);
    expect(joiningOf("an-update", 0.01, devices, { ...nobody, hasIt: isLast })).toEqual([]);
    expect(joiningOf("an-update", 0.01, [], nobody)).toEqual([]);
  });

  it("are one more where nobody is waited for of those that have it", () => {
    const devices = fleet(5);
    const [gone] = joiningOf("an-update", 0.01, devices, nobody);
    const isGone = (device: unknown) => device === gone;
    const isLast = ({ device }: { readonly device: string }) => device === "post-4";

    expect(joiningOf("an-update", 0.01, devices, { ...nobody, hasIt: isGone })).toEqual([]);
    const more = joiningOf("an-update", 0.01, devices, { isAway: isGone, hasIt: isGone, isReachable: isLast });
    expect(namesOf(more)).toEqual(["post-4"]);
    const nobodyLeft = { isAway: () => true, hasIt: isGone, isReachable: () => false };
    expect(joiningOf("an-update", 0.01, devices, nobodyLeft)).toEqual([]);
  });

  it("are of the tenants that are meant, and have a model where it is one", () => {
    const post = {
      tenant: "chel",
      device: "p",
      heardAt: 1,
      seenAt: 1,
      software: "1",
      model: null,
      tally: null,
      isLooping: false,
      isRevoked: false,
    };
    const truck = { ...post, model: "a".repeat(64) };
    const all = RolloutPlan.parse({});
    const others = RolloutPlan.parse({ tenants: ["kopeysk"] });
    const stolen = { ...truck, isRevoked: true };

    expect([isFor(all, { kind: "model" }, stolen), isFor(all, { kind: "software" }, stolen)]).toEqual([false, false]);
    expect([isFor(all, { kind: "model" }, truck), isFor(all, { kind: "model" }, post)]).toEqual([true, false]);
    expect([isFor(all, { kind: "software" }, post), isFor(others, { kind: "software" }, post)]).toEqual([true, false]);
  });
});
