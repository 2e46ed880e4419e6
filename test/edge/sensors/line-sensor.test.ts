import { describe, expect, it, onTestFinished } from "vitest";
import { systemClock } from "#kit/clock.ts";
import type { Instrument } from "../../../edge/sensors/instrument.ts";
import { type LineSensor, type LineSensorOptions, openLineSensor } from "../../../edge/sensors/line-sensor.ts";
import { createPlantower, plantowerReading } from "../../../edge/sensors/plantower-instrument.ts";
import { createSds011 } from "../../../edge/sensors/sds011-instrument.ts";
import type { Sensor, SensorValues } from "../../../edge/sensors/sensor.ts";
import { createSps30 } from "../../../edge/sensors/sps30-instrument.ts";
import { ByteAddress } from "../../../firmware-config/settings/byte-address.ts";
import { behavesLikeASensor } from "../../suites/sensor.suite.ts";
import { freePort } from "../../support/free-port.ts";
import { until } from "../../support/until.ts";
import { plantowerBytes, plantowerWords } from "./plantower-bytes.ts";
import { sds011Bytes } from "./sds011-bytes.ts";
import { shdlcBytes, sps30Data } from "./shdlc-bytes.ts";
import { createPlantowerStandIn, createSds011StandIn, createSps30StandIn, plugIn, type StandIn } from "./stand-ins.ts";
import { openSocketLine, openTerminalLine, type TestLine } from "./test-line.ts";

const BOTH = ["pm25", "pm10"] as const;

function open(instrument: Instrument, address: string, change: Partial<LineSensorOptions> = {}): LineSensor {
  const sensor = openLineSensor({
    name: instrument.model,
    instrument,
    address: ByteAddress.parse(address),
    onLost: () => {},
    random: () => 0,
    clock: systemClock,
    tickMs: 20,
    ...change,
  });
  onTestFinished(() => sensor.close());
  return sensor;
}

/** An instrument on a line, as the suite wants it. */
interface Case {
  readonly name: string;
  readonly createInstrument: () => Instrument;
  readonly createStandIn: () => StandIn;
  readonly openLine: () => Promise<TestLine>;
  readonly values: SensorValues;
  /** A whole good frame, from which bad ones are made. */
  readonly frame: Uint8Array;
}

const SDS011 = { pm25: 12, pm10: 24 };
const PMS5003 = plantowerReading("pms5003", plantowerWords(12))?.values ?? {};
const SPS30 = {
  pm1: 1,
  pm25: 12,
  pm4: 3,
  pm10: 4,
  n_to_0_5: 5,
  n_to_1: 6,
  n_to_2_5: 7,
  n_to_4: 8,
  n_to_10: 9,
  particle_size: 0.5,
};
const SDS011_FRAME = sds011Bytes({ pm25Tenths: 9999, pm10Tenths: 9999, id: 1 });
const PMS_FRAME = plantowerBytes({ kind: "measurement", words: plantowerWords(99) });
const SPS30_FRAME = shdlcBytes({ command: 3, state: 0, data: sps30Data([9, 9, 9, 9, 9, 9, 9, 9, 9, 9]) });

const CASES: readonly Case[] = [
  {
    name: "SDS011 that speaks by itself, on a terminal",
    createInstrument: () => createSds011({ fields: BOTH, isAsked: false }),
    createStandIn: createSds011StandIn,
    openLine: openTerminalLine,
    values: SDS011,
    frame: SDS011_FRAME,
  },
  {
    name: "SDS011 that is asked, on a socket",
    createInstrument: () => createSds011({ fields: BOTH, isAsked: true }),
    createStandIn: createSds011StandIn,
    openLine: openSocketLine,
    values: SDS011,
    frame: SDS011_FRAME,
  },
  {
    name: "PMS5003 that speaks by itself, on a terminal",
    createInstrument: () => createPlantower({ model: "pms5003", isAsked: false }),
    createStandIn: createPlantowerStandIn,
    openLine: openTerminalLine,
    values: PMS5003,
    frame: PMS_FRAME,
  },
  {
    name: "PMS5003 that is asked, on a socket",
    createInstrument: () => createPlantower({ model: "pms5003", isAsked: true }),
    createStandIn: createPlantowerStandIn,
    openLine: openSocketLine,
    values: PMS5003,
    frame: PMS_FRAME,
  },
  {
    name: "SPS30 on a terminal",
    createInstrument: createSps30,
    createStandIn: createSps30StandIn,
    openLine: openTerminalLine,
    values: SPS30,
    frame: SPS30_FRAME,
  },
];

/** Noise, a half frame, and a whole one with a wrong checksum, again and again. */
function nonsenseOf(frame: Uint8Array): Uint8Array {
  const wrong = Buffer.from(frame);
  const last = wrong.length - 3;
  wrong[last] = (wrong[last] ?? 0) ^ 0x01;
  const noise = Buffer.from([0xaa, 0xc0, 0x42, 0x4d, 0x7e, 0x00, 0xff, 0x55]);
  return Buffer.concat([noise, frame.subarray(0, frame.length >> 1), wrong, wrong, noise]);
}

for (const { name, createInstrument, createStandIn, openLine, values, frame } of CASES) {
  describe(`openLineSensor with ${name}`, () => {
    behavesLikeASensor(async () => {
      const line = await openLine();
      let plug: { unplug(): void } = { unplug: () => {} };
      const silence = async () => plug.unplug();
      return {
        sensor: open(createInstrument(), line.address),
        values,
        speak: async () => {
          plug.unplug();
          plug = plugIn(createStandIn(), line);
        },
        fallSilent: silence,
        sayNonsense: async () => {
          plug.unplug();
          const timer = setInterval(() => line.send(nonsenseOf(frame)), 20);
          plug = { unplug: () => clearInterval(timer) };
          onTestFinished(plug.unplug);
        },
        vanish: line.vanish,
        comeBack: line.comeBack,
      };
    });
  });
}

const sampleOf = (sensor: Sensor) => until("a sample", () => sensor.sample());

describe("openLineSensor", () => {
  it("gives the median of a round, so that one wild frame changes nothing", async () => {
    const line = await openSocketLine();
    const sensor = open(createSds011({ fields: BOTH, isAsked: false }), line.address);
    await until("the line is open", () => sensor.health().isReachable);
    const frame = (pm25Tenths: number) => sds011Bytes({ pm25Tenths, pm10Tenths: 200, id: 1 });

    line.send(Buffer.concat([frame(100), frame(9990), frame(102), frame(101), frame(99)]));

    expect((await sampleOf(sensor)).values).toEqual({ pm25: 10.1, pm10: 20 });
  });

  it("leaves out what a recording does not have, and gives one frame exactly", async () => {
    const line = await openSocketLine();
    const sensor = open(createSds011({ fields: ["pm25"], isAsked: false }), line.address);
    await until("the line is open", () => sensor.health().isReachable);

    line.send(sds011Bytes({ pm25Tenths: 1236, pm10Tenths: 0, id: 0xa160 }));

    expect((await sampleOf(sensor)).values).toEqual({ pm25: 123.6 });
  });

  it("puts the instrument into the mode that is wanted, and out of a duty cycle of its own", async () => {
    const line = await openSocketLine();
    const standIn = createSds011StandIn();
    Object.assign(standIn, { mode: 1, period: 5 });
    plugIn(standIn, line);

    const sensor = open(createSds011({ fields: BOTH, isAsked: false }), line.address);
    await until("it is set", () => standIn.mode === 0 && standIn.period === 0);

    expect((await sampleOf(sensor)).values).toEqual(SDS011);
    await until("it has said who it is", () => sensor.health().about?.includes("number A160, firmware 2015-07-10"));
  });

  it("is not disturbed by an instrument that never answers a question", async () => {
    const line = await openSocketLine();
    const sensor = open(createSds011({ fields: BOTH, isAsked: false }), line.address);
    const timer = setInterval(() => line.send(sds011Bytes({ pm25Tenths: 50, pm10Tenths: 60, id: 7 })), 10);
    onTestFinished(() => clearInterval(timer));
    let said = 0;
    line.onBytes((bytes) => {
      said += bytes.length;
    });

    await until("it speaks", () => sensor.sample());
    await until("the questions are over", async () => {
      const before = said;
      await new Promise((resolve) => setTimeout(resolve, 200));
      return said > 0 && said === before;
    });

    expect((await sampleOf(sensor)).values).toEqual({ pm25: 5, pm10: 6 });
  });

  it.each([
    { of: "SDS011", instrument: createSds011({ fields: BOTH, isAsked: false }), standIn: createSds011StandIn() },
    {
      of: "PMS5003",
      instrument: createPlantower({ model: "pms5003", isAsked: true }),
      standIn: createPlantowerStandIn(),
    },
    { of: "SPS30", instrument: createSps30(), standIn: createSps30StandIn() },
  ])("lets a $of sleep between rounds and wakes it for the next one", async ({ instrument, standIn }) => {
    const line = await openSocketLine();
    let sent = 0;
    const send = (bytes: Uint8Array) => {
      sent += 1;
      line.send(bytes);
    };
    plugIn(standIn, { ...line, send });
    const sensor = open(instrument, line.address, { duty: { everyMs: 1_500, workMs: 700 } });
    const isKnown = () => instrument.model === "pms5003" || instrument.about?.includes("firmware");
    await until("it has said who it is", () => sensor.health().hasSpoken && isKnown());

    await until("a first sample", () => sensor.sample());
    await until("it sleeps", () => standIn.isAsleep);
    expect(sensor.health().about).toMatch(/asleep/);
    standIn.pm25 = 33;
    const next = await until("it measures again", async () => {
      await until("it wakes by itself", () => !standIn.isAsleep);
      const before = sent;
      await until("it speaks", () => sent >= before + 6 || standIn.isAsleep);
      return await sensor.sample();
    });

    expect(Object.values(next.values)).toContain(33);
    expect(next.windowMs).toBeLessThan(1_400);
  });

  it("takes another duty cycle while it runs: an instrument that slept for long is woken, and sleeps again when told", async () => {
    const line = await openSocketLine();
    const standIn = createSds011StandIn();
    plugIn(standIn, line);
    const instrument = createSds011({ fields: BOTH, isAsked: false });
    const sensor = open(instrument, line.address, { duty: { everyMs: 3_600_000, workMs: 700 } });
    await until("it has spoken", () => sensor.health().hasSpoken);

    await sensor.sample();
    await until("it sleeps", () => standIn.isAsleep);

    sensor.setDuty({ everyMs: 60_000, workMs: 0 });
    await until("it is woken", () => !standIn.isAsleep);
    sensor.setDuty({ everyMs: 3_600_000, workMs: 700 });
    await until("it sleeps again", () => standIn.isAsleep);
    sensor.setDuty({ everyMs: 1_000, workMs: 900 });
    await until("it wakes for the next round", () => !standIn.isAsleep);
  });

  it("marks what was said while warming up, and passes over it once there is better", async () => {
    const line = await openSocketLine();
    let nowMs = 0;
    const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs };
    const sensor = open(createSds011({ fields: BOTH, isAsked: false }), line.address, { clock });
    await until("the line is open", () => sensor.health().isReachable);
    const say = async (pm25Tenths: number) => {
      const before = sensor.health().badFrames;
      // A wrong frame behind it shows that it has arrived.
      line.send(
        Buffer.concat([sds011Bytes({ pm25Tenths, pm10Tenths: 0, id: 1 }), Buffer.from("aac00000000000000100", "hex")]),
      );
      await until("it has arrived", () => sensor.health().badFrames > before);
    };

    nowMs = 10_000;
    await say(500);
    const cold = await sensor.sample();
    nowMs = 20_000;
    await say(600);
    nowMs = 40_000;
    await say(100);
    const mixed = await sensor.sample();
    nowMs = 70_000;
    await say(110);
    const warm = await sensor.sample();

    expect(cold).toEqual({ values: { pm25: 50, pm10: 0 }, status: ["warming-up"], windowMs: 10_000 });
    expect(mixed).toEqual({ values: { pm25: 10, pm10: 0 }, status: [], windowMs: 10_000 });
    expect(warm).toEqual({ values: { pm25: 11, pm10: 0 }, status: [], windowMs: 30_000 });
  });

  it("marks what an SPS30 says with a fault of its own, until the fault is over", async () => {
    const line = await openSocketLine();
    const standIn = createSps30StandIn();
    standIn.statusRegister = 1 << 4;
    plugIn(standIn, line);
    const sensor = open(createSps30(), line.address);

    const faulty = await until("a fault", async () => {
      const sample = await sensor.sample();
      return sample?.status.includes("instrument-fault") ? sample : undefined;
    });
    standIn.statusRegister = 0;
    const well = await until("no fault", async () => {
      const sample = await sensor.sample();
      return sample !== undefined && !sample.status.includes("instrument-fault") ? sample : undefined;
    });

    expect(faulty.values).toEqual(SPS30);
    expect(well.values).toEqual(SPS30);
  });

  it("opens a TCP line again whose other end has vanished without a word", async () => {
    const lost: string[] = [];
    const port = await freePort();
    const { createServer } = await import("node:net");
    const server = createServer((socket) => void socket.on("error", () => {}).resume());
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());

    const onLost = (reason: string) => void lost.push(reason);
    open(createSps30(), `tcp://127.0.0.1:${port}`, { silentMs: 200, onLost });

    await until("the silence is noticed twice", () => lost.length > 1);
    expect(lost[0]).toBe("nothing came for 200 ms");
  });

  it("starts without the serial line and says which one is missing", async () => {
    const sensor = open(createSps30(), "serial:/dev/there-is-no-such-line");

    await until("the trouble is told", () => /no-such-line/.test(sensor.health().trouble ?? ""));

    expect(await sensor.sample()).toBeUndefined();
    expect(sensor.health()).toMatchObject({ isReachable: false, hasSpoken: false });
  });
});

describe("ByteAddress", () => {
  it.each(["ttyUSB0", "tcp://127.0.0.1", "tcp://127.0.0.1:0", "unix:relative", "http://127.0.0.1:80"])(
    "refuses %s",
    (text) => {
      expect(ByteAddress.safeParse(text).success).toBe(false);
    },
  );
});
