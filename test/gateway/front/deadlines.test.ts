import { describe, expect, it } from "vitest";
import { Deadlines } from "../../../gateway/front/deadlines.ts";

const LIMITS = { packetWithinMs: 5_000, maxSilenceMs: 100_000 };
const reasonAt = (deadlines: Deadlines, nowMs: number, isRead = true) =>
  deadlines.overdue(nowMs, isRead, LIMITS)?.reason;

describe("Deadlines", () => {
  it("gives ten seconds for the CONNECT, however it trickles", () => {
    const deadlines = new Deadlines(0);

    for (let nowMs = 1_000; nowMs <= 10_000; nowMs += 1_000) {
      deadlines.heard(nowMs, true, false);
      expect(reasonAt(deadlines, nowMs)).toBe(nowMs <= 6_000 ? undefined : "slow-packet");
    }

    expect(reasonAt(deadlines, 10_001)).toBe("no-connect");
  });

  it("counts a packet's time from its first byte, and starts anew with the next packet", () => {
    const deadlines = new Deadlines(0);
    deadlines.connected(60_000);

    deadlines.heard(1_000, true, false);
    deadlines.heard(5_000, true, false);
    expect(reasonAt(deadlines, 6_000)).toBeUndefined();
    expect(reasonAt(deadlines, 6_001)).toBe("slow-packet");
    deadlines.heard(6_000, true, true);
    expect(reasonAt(deadlines, 11_000)).toBeUndefined();
    deadlines.heard(11_000, false, true);
    expect(reasonAt(deadlines, 30_000)).toBeUndefined();
  });

  it("does not count the time in which the client is not read", () => {
    const deadlines = new Deadlines(0);
    deadlines.connected(2_000);
    deadlines.heard(0, true, false);

    expect(reasonAt(deadlines, 50_000, false)).toBeUndefined();

    expect(reasonAt(deadlines, 52_000)).toBeUndefined();
    expect(reasonAt(deadlines, 53_001)).toBe("keep-alive");
  });

  it("lets nobody be silent for ever, with a keep-alive time or without", () => {
    const [with2s, without] = [new Deadlines(0), new Deadlines(0)];
    with2s.connected(2_000);
    without.connected(0);

    expect([reasonAt(with2s, 3_000), reasonAt(with2s, 3_001)]).toEqual([undefined, "keep-alive"]);
    expect([reasonAt(without, 100_000), reasonAt(without, 100_001)]).toEqual([undefined, "keep-alive"]);
  });

  it("gives a minute, or less by its keep-alive time, to a client that does not read", () => {
    const [slow, quick] = [new Deadlines(0), new Deadlines(0)];
    slow.connected(0);
    quick.connected(2_000);
    for (const deadlines of [slow, quick]) deadlines.unread(0, true);
    for (const deadlines of [slow, quick]) deadlines.unread(2_000, true);

    expect(reasonAt(quick, 3_001, false)).toBe("unread");
    expect(reasonAt(slow, 60_000, false)).toBeUndefined();
    expect(reasonAt(slow, 60_001, false)).toBe("unread");
    slow.unread(60_001, false);
    expect(reasonAt(slow, 60_001)).toBeUndefined();
  });
});
