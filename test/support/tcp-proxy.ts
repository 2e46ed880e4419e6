import { connect, createServer, type Socket } from "node:net";
import type { Closer } from "#kit/closer.ts";

/** Which way bytes go. */
export type Direction = "toServer" | "toClient";

/** A wire between a client and a server on loopback that can be held and cut. */
export interface TcpProxy extends Closer {
  readonly port: number;
  /** From now on bytes in this direction are kept back, on open and on new connections. */
  hold(direction: Direction): void;
  /** What has been kept back in this direction since `hold`, as latin-1 text. */
  held(direction: Direction): string;
  /** Lets through what was kept back and everything after it. */
  release(): void;
  /** Cuts every open connection; `isDown` also refuses new ones until `mend`. */
  cut(isDown: boolean): void;
  mend(): void;
}

/** Starts a proxy on a free port of loopback; `delayMs` is what the wire takes each way. */
export async function startTcpProxy(serverPort: number, delayMs = 0): Promise<TcpProxy> {
  const pairs = new Set<Record<Direction, Socket>>();
  const holding: Record<Direction, boolean> = { toServer: false, toClient: false };
  let kept: { readonly socket: Socket; readonly direction: Direction; readonly bytes: Buffer }[] = [];
  let isDown = false;

  const write = (socket: Socket, bytes: Buffer) => {
    if (!socket.destroyed) socket.write(bytes);
  };
  const pass = (direction: Direction, to: Socket) => (bytes: Buffer) => {
    if (holding[direction]) kept.push({ socket: to, direction, bytes });
    else if (delayMs === 0) to.write(bytes);
    else setTimeout(() => write(to, bytes), delayMs);
  };
  const server = createServer((client) => {
    if (isDown) {
      client.destroy();
      return;
    }
    const upstream = connect(serverPort, "127.0.0.1");
    const pair = { toServer: upstream, toClient: client };
    pairs.add(pair);
    const end = () => {
      pairs.delete(pair);
      client.destroy();
      upstream.destroy();
    };
    client.on("data", pass("toServer", upstream)).on("error", end).on("close", end);
    upstream.on("data", pass("toClient", client)).on("error", end).on("close", end);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new TypeError("no TCP address");

  const cutAll = () => {
    for (const { toServer, toClient } of pairs) {
      toServer.destroy();
      toClient.destroy();
    }
  };
  return {
    port: address.port,
    hold: (direction) => {
      holding[direction] = true;
    },
    held: (direction) =>
      Buffer.concat(kept.filter((piece) => piece.direction === direction).map(({ bytes }) => bytes)).toString("latin1"),
    release: () => {
      holding.toServer = false;
      holding.toClient = false;
      for (const { socket, bytes } of kept) write(socket, bytes);
      kept = [];
    },
    cut: (stayDown) => {
      isDown = stayDown;
      cutAll();
    },
    mend: () => {
      isDown = false;
    },
    close: async () => {
      cutAll();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
