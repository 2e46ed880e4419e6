import { describe, expect, it } from "vitest";
import type { ErrorTally } from "../../../../cloud/fleet/twins/error-tally.ts";
import { RolloutPlan } from "../../../../cloud/fleet/waves/rollouts.ts";
import {
  type DeviceFacts,
  type MemberFacts,
  type Offer,
  standingOf,
  updatesFor,
} from "../../../../cloud/fleet/waves/standing.ts";

const HOUR_MS = 3_600_000;
const NOW = 1_800_000_000_000;
const PLAN = RolloutPlan.parse({ soakHours: 24, silentHours: 48 });
const active = (hoursAgo: number, change: Partial<MemberFacts> = {}): MemberFacts => ({
  stage: "active",
  switchedAt: NOW - hoursAgo * HOUR_MS,
  errorsBefore: 1,
  tally: null,
  ...change,
});
const heard = (hoursAgo: number, change: Partial<DeviceFacts> = {}): DeviceFacts => ({
  heardAt: NOW - hoursAgo * HOUR_MS,
  seenAt: NOW - hoursAgo * HOUR_MS,
  tally: null,
  isLooping: false,
  isRevoked: false,
  ...change,
});
/** Errors counted by a program that began `runHours` ago, on a machine that is up for 30 days. */
const counted = (runHours: number, count: number): ErrorTally => ({
  boot: "b",
  up: 720 * HOUR_MS,
  countedFrom: (720 - runHours) * HOUR_MS,
  count,
});
const standing = (member: MemberFacts, device?: DeviceFacts) => standingOf(member, device, PLAN, NOW);

describe("a device that has an update", () => {
  it.each([
    ["has said nothing of it", active(0, { stage: null }), heard(0), "unheard"],
    ["refused it", active(0, { stage: "refused" }), heard(0), "refused"],
    ["came back from it", active(90, { stage: "returned" }), heard(80), "returned"],
    ["tries it", active(1, { stage: "trial" }), heard(0), "trial"],
    ["went silent while it tried it", active(49, { stage: "trial" }), heard(49), "silent"],
    ["says that it is active and was not heard since", active(5), heard(5), "unproven"],
    ["is active and was heard half a soak later", active(20), heard(1), "well"],
    ["went silent soon after it had switched", active(60), heard(50), "silent"],
    ["was well for days and is off now", active(200), heard(100), "well"],
    ["counts far more errors than before", active(20), heard(1, { tally: counted(10, 100) }), "unwell"],
    ["counts some more errors, as happens", active(20), heard(1, { tally: counted(10, 80) }), "well"],
    ["has just begun anew in a running machine", active(20), heard(1, { tally: counted(0.2, 0) }), "unproven"],
    ["does so again and again", active(20), heard(1, { tally: counted(0.2, 0), isLooping: true }), "unwell"],
    ["did so once", active(20), heard(1, { tally: counted(9, 0), isLooping: true }), "well"],
    [
      "counts more since it has switched than all its month dilutes",
      active(20, { tally: { ...counted(719, 10), up: 700 * HOUR_MS } }),
      heard(1, { tally: counted(719, 300) }),
      "unwell",
    ],
    ["was not heard for a month and has said nothing", active(0, { stage: null }), heard(721), "away"],
    ["was not heard for a month and was loading", active(0, { stage: "downloading" }), heard(721), "away"],
    ["was never heard by the city and has said nothing", active(0, { stage: null }), undefined, "away"],
    [
      "has just shown its key for the first time",
      active(0, { stage: null }),
      { ...heard(1), heardAt: null },
      "unheard",
    ],
    ["was well and is not heard for a month", active(1_000), heard(800), "well"],
    ["came back from it and is not heard for a month", active(1_000, { stage: "returned" }), heard(800), "returned"],
    ["went silent a month ago", active(800), heard(799), "silent"],
    ["is revoked, whatever it said", active(20, { stage: "returned" }), heard(1, { isRevoked: true }), "away"],
    ["was never heard by the city at all", active(60), undefined, "silent"],
  ])("%s", (_what, member, device, expected) => {
    expect(standing(member, device)).toBe(expected);
  });
});

describe("the updates that a device is to have", () => {
  const offer = (change: Partial<Offer> = {}): Offer => ({
    id: "one",
    target: "model/waste-site",
    counter: 1,
    status: "running",
    expiresAt: NOW + HOUR_MS,
    ...change,
  });
  const newer = offer({ id: "two", counter: 2 });
  const wanted = (offers: readonly Offer[], members: Readonly<Record<string, MemberFacts["stage"]>>) =>
    updatesFor(offers, (id) => (id in members ? active(1, { stage: members[id] ?? null }) : undefined), NOW);

  it.each([
    ["that it was given", [offer()], { one: null }, ["one"]],
    ["none that it was not given", [offer()], {}, []],
    ["the newer of two", [offer({ status: "superseded" }), newer], { one: "active", two: null }, ["two"]],
    [
      "the older that it runs until it is given the newer",
      [offer({ status: "superseded" }), newer],
      { one: "active" },
      ["one"],
    ],
    ["none that is superseded before it has it", [offer({ status: "superseded" }), newer], { one: "testing" }, []],
    ["none that was stopped before it has it", [offer({ status: "stopped" })], { one: "downloading" }, []],
    ["none that was stopped and that it has returned from", [offer({ status: "stopped" })], { one: "returned" }, []],
    ["one that was stopped while it tries it", [offer({ status: "stopped" })], { one: "trial" }, ["one"]],
    ["one that is paused", [offer({ status: "paused" })], { one: null }, ["one"]],
    ["one that is done, to devices that come later", [offer({ status: "done" })], { one: null }, ["one"]],
    ["none that has expired", [offer({ expiresAt: NOW })], { one: null }, []],
    [
      "each of two that replace different things",
      [offer(), offer({ id: "soft", target: "software/edge" })],
      { one: null, soft: null },
      ["one", "soft"],
    ],
  ] as const)("are %s", (_what, offers, members, expected) => {
    expect(wanted(offers, members)).toEqual(expected);
  });
});
