import { describe, expect, it } from "vitest";
import { topics } from "#contract/topics.ts";
import { RetainedBudget } from "../../../gateway/retained/retained-budget.ts";

const of = (tenant: string, i = 0) => ({ tenant, device: `post-${i}` });
const full = expect.objectContaining({ code: "retained-full" });

/** Keeps a state of this size for each of so many devices. */
function fill(budget: RetainedBudget, tenant: string, count: number, bytes: number): void {
  for (let i = 0; i < count; i += 1) {
    budget.requireRoom(topics.state(of(tenant, i)), bytes);
    budget.set(topics.state(of(tenant, i)), bytes);
  }
}

describe("RetainedBudget", () => {
  it("has no more room for a tenant that has used its part, and all for the others and for the city", () => {
    const budget = new RetainedBudget({ bytes: 100_000, tenantBytes: 20_000 });
    fill(budget, "full", 9, 1_600);

    expect(() => fill(budget, "full", 10, 1_600)).toThrow(/20000 bytes for full \(TENANT_RETAINED_BYTES\)/);
    expect(() => budget.requireRoom(topics.reported(of("full")), 1_600)).toThrow(full);
    expect(() => budget.requireRoom(topics.state(of("other")), 1_600)).not.toThrow();
    expect(() => budget.requireRoom(topics.stored(of("full")), 60_000)).not.toThrow();
  });

  it("has no more room for anybody's device once all is used, and none for the city once it has used as much", () => {
    const budget = new RetainedBudget({ bytes: 30_000, tenantBytes: 20_000 });
    fill(budget, "one", 5, 3_000);
    fill(budget, "two", 3, 3_000);

    expect(() => budget.requireRoom(topics.state(of("three")), 3_000)).toThrow(/all devices \(RETAINED_BYTES\)/);
    budget.set(topics.stored(of("one")), 28_000);
    expect(() => budget.requireRoom(topics.desired(of("one")), 3_000)).toThrow(/the city \(RETAINED_BYTES\)/);
  });

  it("always has room for what is no larger than before, and for clearing, which gives room", () => {
    const budget = new RetainedBudget({ bytes: 100_000, tenantBytes: 10_000 });
    fill(budget, "full", 4, 1_900);
    const [first, other] = [topics.state(of("full")), topics.state(of("full", 9))];

    expect(() => budget.requireRoom(first, 1_900)).not.toThrow();
    expect(() => budget.requireRoom(other, 1_900)).toThrow(full);
    expect(() => budget.requireRoom(first, 0)).not.toThrow();
    budget.set(first, 0);
    expect(() => budget.requireRoom(other, 1_900)).not.toThrow();
    expect(budget.sizes.has(first)).toBe(false);
  });

  it("counts what a topic costs beside its payload, so that very many small ones have a bound too", () => {
    const budget = new RetainedBudget({ bytes: 1024 * 1024, tenantBytes: 1024 * 1024 });

    expect(() => fill(budget, "full", 2_100, 1)).toThrow(full);
  });
});
