import { createServer, type Socket } from "node:net";
import type { Closer } from "#kit/closer.ts";
import { every } from "#kit/every.ts";
import type { Air } from "./air-source.ts";

/**
 * The ten bytes of an SDS011 in active mode: AA C0, PM2.5 and PM10 in tenths of µg/m³ (low byte first), two bytes of
 * identity, the sum of the six data bytes, AB. Source: Nova Fitness, "Laser Dust Sensor Control Protocol V1.3".
 */
export function sds011Frame(pm25: number, pm10: number): Uint8Array {
  const frame = Buffer.from([0xaa, 0xc0, 0, 0, 0, 0, 0x54, 0x17, 0, 0xab]);
  frame.writeUInt16LE(Math.round(pm25 * 10), 2);
  frame.writeUInt16LE(Math.round(pm10 * 10), 4);
  frame[8] = frame.subarray(2, 8).reduce((sum, byte) => sum + byte, 0) & 0xff;
  return frame;
}

/** A socket on loopback that sends a frame of the present air each second (or `everyMs`) to whoever is connected. */
export async function startSds011(
  air: () => Air,
  onError: (error: unknown) => void,
  everyMs = 1000,
): Promise<Closer & { port: number }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new TypeError("no TCP address");
  const ticking = every(
    everyMs,
    async () => {
      const { pm25, pm10 } = air();
      for (const socket of sockets) socket.write(sds011Frame(pm25, pm10 ?? 0));
    },
    onError,
  );
  return {
    port: address.port,
    close: async () => {
      await ticking.close();
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
