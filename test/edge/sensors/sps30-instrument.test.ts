import { describe, expect, it } from "vitest";
import { createSps30, sps30Say } from "../../../edge/sensors/sps30-instrument.ts";
import { hexOf } from "./hex.ts";
import { createSps30StandIn } from "./stand-ins.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** An SPS30 and its stand-in, with nothing but bytes between them. */
function createPair() {
  const instrument = createSps30();
  const standIn = createSps30StandIn();
  let heardMs: number | undefined;
  /** One second of talk; gives what was said to the stand-in. */
  const talk = (nowMs: number, isAwake = true): readonly string[] => {
    const said = instrument.say({ nowMs, isAwake, heardMs });
    for (const answer of said.flatMap((bytes) => standIn.hear(bytes))) {
      instrument.read(answer);
      if (instrument.wasSound) heardMs = nowMs;
    }
    return said.map(hexOf);
  };
  return { instrument, standIn, talk };
}

describe("createSps30", () => {
  it("wakes it, has it measure, and asks who it is", () => {
    const { instrument, talk } = createPair();

    expect(talk(0)).toEqual([hexOf(sps30Say.wake()), hexOf(sps30Say.start())]);
    expect(talk(1000)).toEqual([hexOf(sps30Say.read()), hexOf(sps30Say.serialNumber())]);
    expect(talk(2000)).toEqual([hexOf(sps30Say.read()), hexOf(sps30Say.version())]);
    expect(talk(3000)).toEqual([hexOf(sps30Say.read())]);
    expect([instrument.id, instrument.about]).toEqual(["4E1AD1BB796C64C5", "number 4E1AD1BB796C64C5, firmware 2.1"]);
  });

  it("has one measure again that was switched off and on, or that has fallen asleep", () => {
    const { standIn, talk } = createPair();
    for (let second = 0; second < 5; second += 1) talk(second * 1000);

    standIn.isMeasuring = false;
    talk(5000);
    expect(talk(6000)).toEqual([hexOf(sps30Say.start())]);
    Object.assign(standIn, { isMeasuring: false, isAsleep: true });
    for (let second = 7; second < 12; second += 1) talk(second * 1000);

    expect(standIn).toMatchObject({ isMeasuring: true, isAsleep: false });
  });

  it("stops it before it lets it sleep, and says no more then", () => {
    const { standIn, talk } = createPair();
    for (let second = 0; second < 5; second += 1) talk(second * 1000);

    const said = [5, 6, 7, 8].map((second) => talk(second * 1000, false));

    expect(said).toEqual([[hexOf(sps30Say.stop())], [hexOf(sps30Say.sleep())], [], []]);
    expect(standIn.isAsleep).toBe(true);
  });

  it("cleans the fan once a week where it sleeps, since its own count is lost then", () => {
    const { talk } = createPair();
    let cleanings = 0;
    for (let now = 0; now < 15 * DAY_MS; now += 6 * HOUR_MS) {
      for (let second = 0; second < 4; second += 1) talk(now + second * 1000, false);
      for (let second = 5; second < 9; second += 1) {
        if (talk(now + second * 1000).includes(hexOf(sps30Say.clean()))) cleanings += 1;
      }
    }

    expect(cleanings).toBe(2);
  });

  it("leaves the cleaning to an instrument that never sleeps", () => {
    const { talk } = createPair();
    const said = Array.from({ length: 400 }, (_, hour) => [talk(hour * HOUR_MS), talk(hour * HOUR_MS + 1000)]).flat(2);

    expect(said).not.toContain(hexOf(sps30Say.clean()));
  });
});
