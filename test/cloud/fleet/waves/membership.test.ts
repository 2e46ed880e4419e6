import { describe, expect, it } from "vitest";
import { isFor, joiningOf, placeOf } from "../../../../cloud/fleet/waves/membership.ts";
import { RolloutPlan } from "../../../../cloud/fleet/waves/rollouts.ts";

const fleet = (size: number) => Array.from({ length: size }, (_, n) => ({ tenant: "chel", device: `post-${n}` }));
const nobody = { hasIt: () => false, isReachable: () => true };
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

  it("are of the tenants that are meant, and have a model where it is one", () => {
    const post = { tenant: "chel", device: "p", heardAt: 1, software: "1", model: null, errorsPerHour: 0 };
    const truck = { ...post, model: "a".repeat(64) };
    const all = RolloutPlan.parse({});
    const others = RolloutPlan.parse({ tenants: ["kopeysk"] });

    expect([isFor(all, { kind: "model" }, truck), isFor(all, { kind: "model" }, post)]).toEqual([true, false]);
    expect([isFor(all, { kind: "software" }, post), isFor(others, { kind: "software" }, post)]).toEqual([true, false]);
  });
});
