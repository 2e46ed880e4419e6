import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Overlay } from "../../../edge/twin/judge-settings.ts";
import {
  BLAME_WITHIN_MS,
  changesOf,
  MOST_STARTS,
  MOST_TRIES,
  NO_TWIN,
  nextTwin,
  RESCUE_MS,
  SILENT_MS,
  TwinState,
} from "../../../edge/twin/twin-state.ts";
import { SIMPLE_RULES, simulateDevice, type World } from "./support/simulated-device.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const aWorld = (change: Partial<World> = {}): World => ({
  hasLink: true,
  answers: (broker) => broker !== "dead",
  crashes: ({ CAMERA }) => CAMERA === "crash",
  ...change,
});

describe("the decisions about a twin", () => {
  it("put live settings in force without a trial", () => {
    const device = simulateDevice(aWorld());

    device.want(1, { LOG_LEVEL: "debug" });

    expect(device.running).toEqual({ LOG_LEVEL: "debug" });
    expect(device.state.trial).toBeNull();
  });

  it("bring the last good broker back, and do not try a rev again that was to blame", () => {
    const device = simulateDevice(aWorld());
    device.want(1, { BROKER_URL: "second" });

    device.want(2, { BROKER_URL: "dead", LOG_LEVEL: "debug" });
    device.pass(11 * MINUTE_MS);
    device.restart();
    device.pass(3 * DAY_MS);

    expect(device.running).toEqual({ BROKER_URL: "second" });
    expect(device.state).toMatchObject({ rev: 2, returned: { tries: 1, verdict: "blamed" } });
    expect(device.state.refused).toEqual([{ setting: "*", reason: expect.stringContaining("within 10 min") }]);
    expect(device.history.filter(({ BROKER_URL }) => BROKER_URL === "dead")).toHaveLength(1);
  });

  it("try settings again that met no link, but not for ever", () => {
    const world = aWorld({ answers: (broker) => broker === undefined });
    const device = simulateDevice(world);
    device.want(1, { BROKER_URL: "second" });

    for (let i = 0; i < MOST_TRIES + 2; i += 1) {
      // Each time it is out in the taiga before anything came back.
      world.hasLink = false;
      device.pass(3 * HOUR_MS);
      world.hasLink = true;
      device.pass(MINUTE_MS);
    }

    expect(device.history.filter(({ BROKER_URL }) => BROKER_URL === "second")).toHaveLength(MOST_TRIES);
    expect(device.isConnected).toBe(true);
  });

  it("take settings that are good although the link was away during the first trial", () => {
    const world = aWorld({ answers: (broker) => broker === undefined });
    const device = simulateDevice(world);
    device.want(1, { BROKER_URL: "second" });
    world.hasLink = false;
    device.pass(5 * HOUR_MS);

    expect(device.running).toEqual({});
    world.hasLink = true;
    world.answers = () => true;
    device.pass(5 * MINUTE_MS);

    expect(device.running).toEqual({ BROKER_URL: "second" });
    expect(device.state).toMatchObject({ rev: 1, trial: null, returned: null, refused: [] });
  });

  it("bring the last good settings back when the program dies with the new ones", () => {
    const device = simulateDevice(aWorld());

    device.want(1, { CAMERA: "crash" });
    device.pass(HOUR_MS);

    expect(device.running).toEqual({});
    expect(device.isConnected).toBe(true);
    expect(device.history.filter(({ CAMERA }) => CAMERA === "crash")).toHaveLength(MOST_STARTS);
    expect(device.state).toMatchObject({ returned: { verdict: "blamed" } });
  });

  it("bring them back too when it dies after the broker has answered, each time", () => {
    const wanted = { kind: "wanted", rev: 1, trialMs: 10 * MINUTE_MS, nowMs: null } as const;
    let state = nextTwin(NO_TWIN, { ...wanted, judged: { settings: { CAMERA: "x" }, refused: [] } }, SIMPLE_RULES);
    for (let i = 0; i <= MOST_STARTS; i += 1) {
      for (const kind of ["started", "connected", "acknowledged"] as const) {
        state = nextTwin(state, { kind }, SIMPLE_RULES);
      }
    }

    expect(state).toMatchObject({ settings: {}, trial: null, returned: { verdict: "blamed" } });
  });

  it("want an answer of the broker, and the time as well, of what needs a restart and may cut the device off", () => {
    const device = simulateDevice(aWorld());

    device.want(1, { BROKER_URL: "second", CAMERA: "rpicam" });
    expect(device.state.trial).toMatchObject({ proves: "run" });
    device.pass(11 * MINUTE_MS);
    expect(device.state.trial).toBeNull();
    device.want(2, { BROKER_URL: "second", CAMERA: "rpicam", SPS30: "serial:/dev/ttyUSB2" });

    expect(device.state.trial).toMatchObject({ proves: "run" });
    const modem = simulateDevice(aWorld({ crashes: () => false, cutsOff: ({ SPS30 }) => SPS30 !== undefined }));
    modem.want(1, { SPS30: "serial:/dev/ttyUSB2" });
    modem.pass(HOUR_MS);
    expect([modem.running, modem.isConnected]).toEqual([{}, true]);
  });

  it("bring the last camera back when the new one does not answer by the end of its trial", () => {
    const device = simulateDevice(aWorld({ seesNothing: ({ CAMERA }) => CAMERA === "v4l2:/dev/video9" }));

    device.want(1, { CAMERA: "v4l2:/dev/video9" });
    device.pass(HOUR_MS);

    expect(device.running).toEqual({});
    expect(device.state.refused).toEqual([{ setting: "*", reason: expect.stringContaining("camera does not answer") }]);
  });

  it("restart a device once in a trial, however often something else is wanted, and take the newest then", () => {
    const device = simulateDevice(aWorld());
    for (let rev = 1; rev <= 200; rev += 1) device.want(rev, { PARTICLE_ASK: rev % 2 === 0 ? "false" : "true" });

    expect(device.history).toEqual([{}, { PARTICLE_ASK: "true" }]);
    device.pass(16 * MINUTE_MS);

    expect(device.running).toEqual({ PARTICLE_ASK: "false" });
    expect(device.state.rev).toBe(200);
    expect(device.history).toHaveLength(3);
  });

  it("keep a camera that works where there is no link, since that says nothing of a camera", () => {
    const world = aWorld();
    const device = simulateDevice(world);
    device.want(1, { CAMERA: "rpicam" });
    world.hasLink = false;
    device.restart();
    expect(device.running).toEqual({ CAMERA: "rpicam" });

    device.pass(DAY_MS);

    expect(device.running).toEqual({ CAMERA: "rpicam" });
    expect(device.state.trial).toBeNull();
  });

  it("find the installed broker when the one of the cloud is gone for good, and keep all else", () => {
    const world = aWorld();
    const device = simulateDevice(world);
    device.want(1, { BROKER_URL: "second", LOG_LEVEL: "debug" });
    expect(device.state.trial).toBeNull();
    world.answers = (broker) => broker === undefined;

    device.pass(SILENT_MS + HOUR_MS);

    expect(device.isConnected).toBe(true);
    expect(device.running).toEqual({ LOG_LEVEL: "debug" });
    expect(device.state.refused).toEqual([{ setting: "BROKER_URL", reason: expect.stringContaining("silent") }]);
  });

  it("go on with the cloud's broker after a rescue that found nothing either", () => {
    const world = aWorld();
    const device = simulateDevice(world);
    device.want(1, { BROKER_URL: "second" });
    world.hasLink = false;
    device.pass(SILENT_MS + RESCUE_MS + HOUR_MS);
    expect(device.running).toEqual({ BROKER_URL: "second" });
    expect(device.state.refused).toEqual([]);

    world.hasLink = true;
    device.pass(MINUTE_MS);

    expect(device.isConnected).toBe(true);
    expect(device.running).toEqual({ BROKER_URL: "second" });
  });

  it("do not make a trial longer for who sends one change after the other", () => {
    const wanted = (rev: number) =>
      ({
        kind: "wanted",
        rev,
        judged: { settings: { BROKER_URL: `dead-${rev}` }, refused: [] },
        trialMs: 600_000,
        nowMs: null,
      }) as const;
    let state = nextTwin(NO_TWIN, wanted(1), SIMPLE_RULES);
    for (let rev = 2; rev < 40 && state.trial !== null; rev += 1) {
      state = nextTwin(state, { kind: "passed", ms: MINUTE_MS, isConnected: false, trouble: null }, SIMPLE_RULES);
      if (state.trial !== null) state = nextTwin(state, wanted(rev), SIMPLE_RULES);
    }

    expect(state).toMatchObject({ rev: 10, trial: null });
    expect(state.settings).toEqual({});
  });

  it("let no rev from the future shut out what comes after it", () => {
    const NOW = 1_790_000_000;
    const world = aWorld();
    const device = simulateDevice(world);
    // As an attacker sends it, and as a cloud does whose clock stands in 2090: a device without a clock cannot tell.
    device.want(Number.MAX_SAFE_INTEGER, { LOG_LEVEL: "silent" });
    expect(device.state.rev).toBeNull();
    device.want(3_786_912_000, { LOG_LEVEL: "debug" });
    device.want(NOW, { LOG_LEVEL: "warn" });
    expect(device.running).toEqual({ LOG_LEVEL: "debug" });

    world.nowMs = NOW * 1000;
    device.want(NOW, { LOG_LEVEL: "warn" });
    expect([device.running, device.state.rev]).toEqual([{ LOG_LEVEL: "warn" }, NOW]);
    device.want(NOW + 3 * 86_400, { LOG_LEVEL: "error" });
    device.want(NOW - 1, { LOG_LEVEL: "info" });

    expect([device.running, device.state.rev]).toEqual([{ LOG_LEVEL: "warn" }, NOW]);
  });

  it("go on from a rev that an older program took although nothing can be newer", () => {
    const state = { ...NO_TWIN, rev: Number.MAX_SAFE_INTEGER };
    const wanted = { kind: "wanted", rev: 7, judged: { settings: {}, refused: [] }, trialMs: 1, nowMs: null } as const;

    expect(nextTwin(state, wanted, SIMPLE_RULES).rev).toBe(7);
  });

  it("leave the verdict open no longer than a link may take", () => {
    const failedOnce = {
      ...NO_TWIN,
      rev: 1,
      returned: { tries: 1, verdict: "open", ms: 0, awaitsStart: false },
    } as const;
    const later = (ms: number) =>
      nextTwin(failedOnce, { kind: "passed", ms, isConnected: false, trouble: null }, SIMPLE_RULES);

    expect(nextTwin(later(BLAME_WITHIN_MS - 1), { kind: "connected" }, SIMPLE_RULES).returned?.verdict).toBe("blamed");
    expect(nextTwin(later(BLAME_WITHIN_MS), { kind: "connected" }, SIMPLE_RULES).returned?.verdict).toBe("unproven");
    expect(nextTwin(failedOnce, { kind: "started" }, SIMPLE_RULES).returned?.verdict).toBe("unproven");
  });
});

const Wanted = fc.record(
  {
    BROKER_URL: fc.constantFrom("second", "third", "dead"),
    CAMERA: fc.constantFrom("crash", "rpicam"),
    LOG_LEVEL: fc.constantFrom("debug", "warn"),
  },
  { requiredKeys: [] },
);
const Happening = fc.oneof(
  fc.record({ kind: fc.constant("want" as const), settings: Wanted }),
  fc.record({ kind: fc.constant("old" as const), settings: Wanted }),
  fc.record({ kind: fc.constant("link" as const), is: fc.boolean() }),
  fc.record({ kind: fc.constant("second" as const), is: fc.boolean() }),
  fc.record({ kind: fc.constant("restart" as const) }),
  fc.record({
    kind: fc.constant("pass" as const),
    ms: fc.constantFrom(MINUTE_MS, 8 * MINUTE_MS, HOUR_MS, 30 * HOUR_MS),
  }),
);

describe("a device, whatever is wanted of it and whatever happens to it", () => {
  it("is connected in the end if the installed broker answers, runs with whole sets only, and flaps no more", () => {
    fc.assert(
      fc.property(fc.array(Happening, { maxLength: 40 }), (happenings) => {
        let secondAnswers = true;
        const world = aWorld({
          answers: (broker) => broker === undefined || (broker === "second" && secondAnswers),
        });
        const device = simulateDevice(world);
        const decided: Overlay[] = [{}];
        let rev = 0;
        for (const happening of happenings) {
          if ("settings" in happening) decided.push(happening.settings);
          if (happening.kind === "want") {
            rev += 1;
            device.want(rev, happening.settings);
          } else if (happening.kind === "old") device.want(1, happening.settings);
          else if (happening.kind === "link") world.hasLink = happening.is;
          else if (happening.kind === "second") secondAnswers = happening.is;
          else if (happening.kind === "restart") device.restart();
          else device.pass(happening.ms);
          // What is on disk can be read again as it was.
          expect(TwinState.parse(JSON.parse(JSON.stringify(device.state)))).toEqual(device.state);
        }
        world.hasLink = true;
        device.pass(3 * DAY_MS);
        const settled = device.history.length;
        device.pass(7 * DAY_MS);

        expect(device.isConnected).toBe(true);
        expect(device.state.trial).toBeNull();
        expect(device.history.length).toBe(settled);
        const isWhole = (running: Overlay) =>
          decided.some((one) => {
            const { BROKER_URL: _, ...rescued } = one;
            return changesOf(one, running).length === 0 || changesOf(rescued, running).length === 0;
          });
        expect(device.history.filter((running) => !isWhole(running))).toEqual([]);
      }),
      { numRuns: process.env.DVORNIK_LONG === "1" ? 5_000 : 400 },
    );
  }, 120_000);
});
