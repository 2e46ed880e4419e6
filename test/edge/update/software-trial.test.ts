import { describe, expect, it } from "vitest";
import { type Proof, type ProofFacts, softwareProof } from "../../../edge/update/software-proof.ts";
import { linkSince, trialOf } from "../../../edge/update/software-trial.ts";

const MINUTE_MS = 60_000;
const TRIAL_MS = 15 * MINUTE_MS;
const WELL: Proof = { isConnected: true, lack: undefined, mayBeLink: false };
const NO_LINK: Proof = { isConnected: false, lack: "no connection", mayBeLink: true };

/** What a trial says when the device looks so at each of these minutes. */
function endAfter(proofAt: (minute: number) => Proof, minutes = 20) {
  const follow = trialOf(TRIAL_MS, 0);
  for (let minute = 0; minute <= minutes; minute += 1) {
    const end = follow(proofAt(minute), minute * MINUTE_MS);
    if (end !== undefined) return { minute, ...end };
  }
  return undefined;
}

describe("a trial of new software", () => {
  it("ends well after a minute in which nothing was lacking", () => {
    expect(endAfter((minute) => (minute < 3 ? NO_LINK : WELL))).toMatchObject({ minute: 4, isWell: true });
  });

  it("ends when the link that is lacking may be the cause, and says so", () => {
    expect(endAfter(() => NO_LINK)).toMatchObject({ minute: 15, isWell: false, mayBeLink: true });
  });

  it("blames a link that comes and goes", () => {
    const end = endAfter((minute) => (minute % 2 === 0 || minute > 14 ? NO_LINK : { ...WELL }));

    expect(end).toMatchObject({ isWell: false, mayBeLink: true });
  });

  it("does not blame the link for a model that does not load", () => {
    const noModel = { isConnected: true, lack: "no model", mayBeLink: false };

    expect(endAfter(() => noModel)).toMatchObject({ isWell: false, mayBeLink: false });
  });
});

describe("the proof of new software", () => {
  const facts = (change: Partial<ProofFacts> = {}): ProofFacts => ({
    model: "m",
    modelTrouble: null,
    uplink: { connected: true, trouble: null },
    outbox: { total: 0, oldest: null, trouble: null },
    ...change,
  });
  const away = { connected: false, trouble: "no coverage" };

  it("lacks nothing when it is connected, sends and judges", () => {
    expect(softwareProof(true)(facts())).toEqual(WELL);
  });

  it("says what it lacks, and whether a missing link explains it", () => {
    expect(softwareProof(true)(facts({ uplink: away }))).toMatchObject({
      lack: "no connection (no coverage)",
      mayBeLink: true,
    });
    const stuck = facts({ outbox: { total: 3, oldest: 5, trouble: null } });
    expect(softwareProof(true)(stuck)).toMatchObject({ lack: expect.stringMatching(/taken nothing/), mayBeLink: true });
  });

  it("does not let a missing link hide what is wrong with the program itself", () => {
    const broken = facts({ uplink: away, model: null, modelTrouble: "not loadable" });

    expect(softwareProof(true)(broken)).toMatchObject({ lack: "no model (not loadable)", mayBeLink: false });
  });
});

describe("the program before, after a trial that met no link", () => {
  it("puts the blame on the new one when it connects within two minutes", () => {
    const follow = linkSince(0);

    expect(follow(false, 90_000).isToBlame).toBeUndefined();
    expect(follow(true, 119_000).isToBlame).toBe(true);
  });

  it("clears the new one when it does not, and waits for a link that lasts", () => {
    const follow = linkSince(0);

    expect(follow(false, 120_000)).toEqual({ isToBlame: false, isSteady: false });
    expect(follow(true, 130_000).isSteady).toBe(false);
    expect(follow(false, 180_000).isSteady).toBe(false);
    expect(follow(true, 190_000).isSteady).toBe(false);
    expect(follow(true, 250_000).isSteady).toBe(true);
  });
});
