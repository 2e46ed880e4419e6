import { createServer, type Socket } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { systemClock } from "#kit/clock.ts";
import { openGpsdPosition } from "../../../edge/position/gpsd-position.ts";
import type { Position } from "../../../edge/position/position.ts";
import { ByteAddress } from "../../../firmware-config/settings/byte-address.ts";
import { freePort } from "../../support/free-port.ts";
import { until } from "../../support/until.ts";

const TPV =
  '{"class":"TPV","device":"/dev/ttyACM0","mode":3,"time":"2026-11-22T12:00:00.000Z","ept":0.005,"lat":55.160283,"lon":61.402986,"altHAE":224.1,"altMSL":236.4,"eph":7.4,"speed":0.1}';
const NO_FIX = '{"class":"TPV","device":"/dev/ttyACM0","mode":1}';
const AT = Date.parse("2026-11-22T12:00:00.000Z");

/** gpsd on a port: greets, and sends to those that have asked to watch. */
async function startGpsd(port: number) {
  const watchers = new Set<Socket>();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {}).on("close", () => watchers.delete(socket) && sockets.delete(socket));
    socket.write('{"class":"VERSION","release":"3.25","proto_major":3,"proto_minor":15}\r\n');
    socket.on("data", (bytes: Buffer) => {
      if (String(bytes).startsWith('?WATCH={"enable":true,"json":true};')) watchers.add(socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const close = async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  onTestFinished(close);
  return {
    watched: () => until("it is watched", () => watchers.size > 0),
    say: (text: string) => {
      for (const socket of watchers) socket.write(text);
    },
    close,
  };
}

function open(
  port: number,
  change: { clock?: typeof systemClock; silentMs?: number; onLost?: () => void } = {},
): Position {
  const address = ByteAddress.parse(`tcp://127.0.0.1:${port}`);
  const position = openGpsdPosition({ address, clock: systemClock, random: () => 0, onLost: () => {}, ...change });
  onTestFinished(() => position.close());
  return position;
}

describe("openGpsdPosition", () => {
  it("says where it is and what time it is there", async () => {
    const port = await freePort();
    const gpsd = await startGpsd(port);
    const position = open(port);
    await gpsd.watched();
    expect(position.fix()).toBeUndefined();
    expect(position.nowMs()).toBeUndefined();

    gpsd.say(`${TPV}\r\n`);

    expect(await until("a fix", () => position.fix())).toEqual({
      lat: 55.160283,
      lon: 61.402986,
      altM: 236.4,
      errorM: 7.4,
    });
    expect(position.nowMs()).toBeGreaterThanOrEqual(AT);
    expect(position.health()).toEqual({ isReachable: true, hasFix: true, badLines: 0, trouble: null });
  });

  it("counts the time on from the last report, and says neither place nor time for ever", async () => {
    let nowMs = 0;
    const clock = { nowMs: () => 0, monotonicMs: () => nowMs };
    const port = await freePort();
    const gpsd = await startGpsd(port);
    const position = open(port, { clock });
    await gpsd.watched();
    gpsd.say(`${TPV}\n`);
    await until("a fix", () => position.fix());

    nowMs = 29_000;
    expect([position.fix()?.lat, position.nowMs()]).toEqual([55.160283, AT + 29_000]);
    nowMs = 31_000;
    expect([position.fix(), position.nowMs()]).toEqual([undefined, undefined]);
  });

  it("has no place any more once the receiver says so", async () => {
    const port = await freePort();
    const gpsd = await startGpsd(port);
    const position = open(port);
    await gpsd.watched();
    gpsd.say(`${TPV}\n`);
    await until("a fix", () => position.fix());

    gpsd.say(`${NO_FIX}\n`);

    await until("no fix", () => position.fix() === undefined);
    expect(position.health().trouble).toContain("no fix");
  });

  it("does not take the time of a receiver whose weeks have run over, but the place", async () => {
    const port = await freePort();
    const gpsd = await startGpsd(port);
    const position = open(port);
    await gpsd.watched();

    gpsd.say(`${TPV.replace("2026-11-22", "2007-04-08")}\n`);

    await until("a fix", () => position.fix());
    expect(position.nowMs()).toBeUndefined();
  });

  it("reads on after noise, half lines and a line without an end", async () => {
    const port = await freePort();
    const gpsd = await startGpsd(port);
    const position = open(port);
    await gpsd.watched();

    gpsd.say(`${TPV.slice(0, 40)}\n\u0000\u00ff{{{\n{"class":"TPV","mode":9}\n[]\n`);
    gpsd.say("x".repeat(40_000));
    gpsd.say(`${TPV}\n${TPV}\n`);

    await until("a fix", () => position.fix());
    expect(position.health().badLines).toBe(5);
  });

  it("is there again when gpsd is, and watches anew", async () => {
    const port = await freePort();
    let losses = 0;
    const onLost = () => {
      losses += 1;
    };
    const position = open(port, { onLost });
    await until("it is missed", () => position.health().trouble?.includes("ECONNREFUSED"));
    const first = await startGpsd(port);
    await first.watched();
    await first.close();
    await until("it is lost", () => losses > 1);

    const second = await startGpsd(port);
    await second.watched();
    second.say(`${TPV}\n`);

    await until("a fix", () => position.fix());
  });

  it("opens a connection anew on which nothing comes", async () => {
    const port = await freePort();
    let losses = 0;
    await startGpsd(port);
    const onLost = () => {
      losses += 1;
    };
    open(port, { silentMs: 100, onLost });

    await until("it is opened anew twice", () => losses > 1);
  });
});
