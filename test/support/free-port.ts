import { createServer } from "node:net";

/** Below what Linux gives to outgoing connections (32768 and up), which would take a port between the look and the use. */
const FIRST = 12_000;
const COUNT = 20_000;
const TRIES = 50;

/** A TCP port of loopback that was free a moment ago; `wanted` itself, or an error when that one is taken. */
export async function freePort(wanted = 0): Promise<number> {
  if (wanted !== 0) return await listenOn(wanted);
  for (let tries = 1; ; tries += 1) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    const found = await listenOn(port).catch((error: unknown) => {
      if (tries === TRIES) throw error;
      return undefined;
    });
    if (found !== undefined) return found;
  }
}

async function listenOn(port: number): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  await new Promise((resolve) => server.close(resolve));
  return port;
}
