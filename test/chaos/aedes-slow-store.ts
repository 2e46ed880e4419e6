import { createServer } from "node:net";
import { Aedes } from "aedes";
import { wait } from "#kit/wait.ts";

/**
 * Stock aedes whose store answers some milliseconds late, as a store on a disk or behind a network does: its own memory
 * persistence, with every call delayed. The port is the first argument, the delay the second.
 */
const [port, delayMs] = process.argv.slice(2).map(Number);
const aedes = await Aedes.createBroker();
const persistence: unknown = Reflect.get(aedes, "persistence");
if (typeof persistence !== "object" || persistence === null) throw new TypeError("aedes has no persistence");
for (const name of [
  "outgoingEnqueue",
  "outgoingEnqueueCombi",
  "outgoingUpdate",
  "outgoingClearMessageId",
  "storeRetained",
]) {
  const call: unknown = Reflect.get(persistence, name);
  if (typeof call !== "function") throw new TypeError(`aedes' persistence has no ${name}`);
  const late = async (...args: readonly unknown[]): Promise<unknown> => {
    await wait(delayMs ?? 0);
    return await Reflect.apply(call, persistence, args);
  };
  Reflect.set(persistence, name, late);
}
createServer(aedes.handle).listen(port, "127.0.0.1");
