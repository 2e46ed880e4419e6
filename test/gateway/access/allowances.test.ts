import { describe, expect, it } from "vitest";
import { Allowances } from "../../../gateway/access/allowances.ts";

const LIMITS = { messagesPerSecond: 10, bytesPerSecond: 1_000, burstMs: 1_000 };

describe("Allowances", () => {
  it("waits for messages or for bytes, whatever is used up", () => {
    const allowances = new Allowances();
    const many = allowances.use("many");
    const large = allowances.use("large");

    many.take(20, 20, 0, LIMITS);
    large.take(1, 3_000, 0, LIMITS);

    expect(many.waitMs(0, LIMITS)).toBe(1_000);
    expect(large.waitMs(0, LIMITS)).toBe(2_000);
    expect(large.waitMs(2_000, LIMITS)).toBe(0);
  });

  it("are shared by all connections of a client, and outlive them until they are full again", () => {
    const allowances = new Allowances();
    const first = allowances.use("demo:truck-1");
    first.take(20, 0, 0, LIMITS);
    allowances.release(first);

    allowances.sweep(1_999);
    expect(allowances.use("demo:truck-1")).toBe(first);
    allowances.release(first);
    allowances.sweep(2_000);

    expect(allowances.size).toBe(0);
  });

  it("are kept while a connection uses them", () => {
    const allowances = new Allowances();
    const used = allowances.use("demo:truck-1");

    allowances.sweep(1e9);

    expect(allowances.use("demo:truck-1")).toBe(used);
  });
});
