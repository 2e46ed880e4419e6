import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { ByteAddress } from "../../../edge/sensors/byte-source.ts";
import { openSds011Sensor, type Sds011Options } from "../../../edge/sensors/sds011-sensor.ts";
import type { Sensor } from "../../../edge/sensors/sensor.ts";
import { freePort } from "../../support/free-port.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { until } from "../../support/until.ts";
import { sds011Bytes } from "./sds011-bytes.ts";

/** The other end of a sensor's line. */
interface Line {
  send(bytes: Uint8Array): void;
  hangUp(): void;
  close(): Promise<void>;
}

async function listen(where: number | string): Promise<Line> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {}).on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(where, resolve));
  const hangUp = () => {
    for (const socket of sockets) socket.destroy();
  };
  const close = async () => {
    hangUp();
    await new Promise((resolve) => server.close(resolve));
  };
  onTestFinished(close);
  return {
    send: (bytes) => {
      for (const socket of sockets) socket.write(bytes);
    },
    hangUp,
    close,
  };
}

function openSensor(
  address: string,
  fields: readonly ("pm25" | "pm10")[] = ["pm25", "pm10"],
  change: Partial<Sds011Options> = {},
): Sensor {
  const sensor = openSds011Sensor({
    name: "sds011",
    fields,
    address: ByteAddress.parse(address),
    onLost: () => {},
    random: () => 0,
    ...change,
  });
  onTestFinished(() => sensor.close());
  return sensor;
}

const frame = (pm25Tenths: number, pm10Tenths: number) => sds011Bytes({ pm25Tenths, pm10Tenths, id: 0xa160 });
const isThere = (sensor: Sensor) => until("the line is open", () => sensor.health().isReachable);

describe("openSds011Sensor", () => {
  it("gives the mean of the frames of a round, and nothing for a round without frames", async () => {
    const port = await freePort();
    const line = await listen(port);
    const sensor = openSensor(`tcp://127.0.0.1:${port}`);
    await isThere(sensor);

    line.send(Buffer.concat([frame(100, 200), frame(101, 205)]));
    const first = await until("a sample", () => sensor.sample());
    const second = await sensor.sample();

    expect(first).toEqual({ pm25: 10.05, pm10: 20.25 });
    expect(second).toBeUndefined();
  });

  it("leaves out what a recording does not have, and gives one frame exactly", async () => {
    const port = await freePort();
    const line = await listen(port);
    const sensor = openSensor(`tcp://127.0.0.1:${port}`, ["pm25"]);
    await isThere(sensor);

    line.send(frame(1236, 0));

    expect(await until("a sample", () => sensor.sample())).toEqual({ pm25: 123.6 });
  });

  it("counts a frame with a wrong checksum and measures with the others", async () => {
    const port = await freePort();
    const line = await listen(port);
    const sensor = openSensor(`tcp://127.0.0.1:${port}`);
    await isThere(sensor);

    line.send(Buffer.concat([Buffer.from("AAC0D4043A0AA16000AB", "hex"), frame(50, 60)]));

    expect(await until("a sample", () => sensor.sample())).toEqual({ pm25: 5, pm10: 6 });
    expect(sensor.health().badFrames).toBe(1);
  });

  it("says why the line is not open, and opens it when the other end is there", async () => {
    const port = await freePort();
    const sensor = openSensor(`tcp://127.0.0.1:${port}`);
    await until("the trouble is told", () => sensor.health().trouble?.includes("ECONNREFUSED"));

    const line = await listen(port);
    await isThere(sensor);
    line.send(frame(10, 20));

    expect(await until("a sample", () => sensor.sample())).toEqual({ pm25: 1, pm10: 2 });
  });

  it("opens the line again after it was lost in the middle of a frame", async () => {
    const socket = join(await tempFolder(), "sensor.sock");
    const line = await listen(socket);
    const sensor = openSensor(`unix:${socket}`);
    await isThere(sensor);
    line.send(frame(10, 20).subarray(0, 5));

    line.hangUp();
    await until("the loss is seen", () => !sensor.health().isReachable);
    await isThere(sensor);
    line.send(frame(30, 40));

    expect(await until("a sample", () => sensor.sample())).toEqual({ pm25: 3, pm10: 4 });
    expect(sensor.health().badFrames).toBe(0);
  });

  it("opens a TCP line again whose other end has vanished without a word", async () => {
    const port = await freePort();
    const line = await listen(port);
    const lost: string[] = [];
    const onLost = (reason: string) => lost.push(reason);
    const sensor = openSensor(`tcp://127.0.0.1:${port}`, ["pm25"], { silentMs: 200, onLost });

    await until("the silence is noticed", () => lost.length > 0);
    expect(lost[0]).toBe("nothing came for 200 ms");

    await until("it is heard again", async () => {
      line.send(frame(30, 40));
      return (await sensor.sample()) !== undefined;
    });
  });

  it("starts without the serial line and says which one is missing", async () => {
    const sensor = openSensor("serial:/dev/there-is-no-such-line");

    const trouble = await until("the trouble is told", () => /no-such-line/.test(sensor.health().trouble ?? ""));

    expect(trouble).toBe(true);
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
