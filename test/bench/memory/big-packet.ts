import { once } from "node:events";
import { createConnection } from "node:net";
import { controlPacket } from "#mqtt/control.ts";
import { PACKET } from "#mqtt/packet-types.ts";
import { connectPacket, type RawLogin } from "../../support/raw-mqtt.ts";
import { forgetPeak, peakBytesOf, residentBytesOf } from "./resident.ts";

const PACKET_BYTES = 100 * 1024 * 1024;
const PIECE = Buffer.alloc(64 * 1024, "x");
const TAKEN_WITHIN_MS = 20_000;

/**
 * Sends a PUBLISH of 100 MiB, before or after a CONNECT, until the broker has it or closes; gives by how much the
 * broker's memory was above what it was before, at most.
 */
export async function growthByBigPacket(
  { port, pid }: { readonly port: number; readonly pid: number },
  login: RawLogin | undefined,
  topic: string,
): Promise<{ readonly grownBytes: number; readonly sentBytes: number; readonly isRefused: boolean }> {
  const socket = createConnection({ host: "127.0.0.1", port });
  let isClosed = false;
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  socket.once("close", () => {
    isClosed = true;
  });
  // A reset while we write is the refusal.
  socket.on("error", () => socket.destroy());
  await once(socket, "connect");
  socket.resume();
  if (login !== undefined) {
    const answered = once(socket, "data");
    socket.write(controlPacket(connectPacket(login)));
    await answered;
  }
  const before = residentBytesOf(pid);
  forgetPeak(pid);
  socket.write(headOf(topic));
  let sentBytes = 0;
  while (!isClosed && sentBytes < PACKET_BYTES) {
    const hasRoom = socket.write(PIECE);
    sentBytes += PIECE.length;
    if (!hasRoom) await Promise.race([once(socket, "drain").catch(() => undefined), closed]);
  }
  const patience = setTimeout(() => socket.destroy(), TAKEN_WITHIN_MS);
  const isRefused = isClosed || (await Promise.race([closed.then(() => true), untilStill(pid).then(() => false)]));
  clearTimeout(patience);
  const grownBytes = peakBytesOf(pid) - before;
  socket.destroy();
  await closed;
  return { grownBytes, sentBytes, isRefused };
}

/** Nothing is written any more once the peak has stayed for a second. */
async function untilStill(pid: number): Promise<void> {
  for (let last = -1; ; ) {
    const now = peakBytesOf(pid);
    if (now === last) return;
    last = now;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
}

/** Fixed header and topic of a QoS 0 PUBLISH of that size. */
function headOf(topic: string): Buffer {
  const name = Buffer.from(topic);
  const head = Buffer.alloc(5 + 2 + name.length);
  head[0] = PACKET.publish << 4;
  let left = PACKET_BYTES;
  for (let i = 1; i <= 4; i++) {
    head[i] = (left & 0x7f) | (i < 4 ? 0x80 : 0);
    left >>= 7;
  }
  head.writeUInt16BE(name.length, 5);
  name.copy(head, 7);
  return head;
}
