import { once } from "node:events";
import { createConnection, type Socket } from "node:net";
import { z } from "zod";
import { controlPacket } from "#mqtt/control.ts";
import { connectPacket } from "../../support/raw-mqtt.ts";

// Opens idle connections as a process of its own and holds them until it is left alone.
const Job = z.object({ port: z.int(), clientId: z.string(), token: z.string(), count: z.int() });
const AT_ONCE = 100;
/** No PINGREQ within the bench. */
const KEEPALIVE_S = 3_600;

const [first] = await once(process, "message");
const { port, clientId, token, count } = Job.parse(first);
process.on("disconnect", () => process.exit(0));
const sockets: Socket[] = [];

async function open(at: number): Promise<boolean> {
  const socket = createConnection({ host: "127.0.0.1", port });
  socket.on("error", () => socket.destroy());
  const login = { clientId: `${clientId}:idle-${at}`, username: clientId, token, keepaliveS: KEEPALIVE_S };
  socket.write(controlPacket(connectPacket(login)));
  const answer = await Promise.race([once(socket, "data"), once(socket, "close").then(() => undefined)]);
  const isAccepted = answer !== undefined && Buffer.isBuffer(answer[0]) && answer[0][3] === 0;
  if (isAccepted) sockets.push(socket);
  return isAccepted;
}

let isOpen = true;
for (let from = 0; isOpen && from < count; from += AT_ONCE) {
  const batch = Array.from({ length: Math.min(AT_ONCE, count - from) }, (_, i) => open(from + i));
  isOpen = (await Promise.all(batch)).every(Boolean);
}
process.send?.({ held: sockets.length });
