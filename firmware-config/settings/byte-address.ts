import { z } from "zod";

/** Where bytes come from: `serial:/dev/ttyUSB0`, `tcp://127.0.0.1:9000` or `unix:/run/sensor`. */
export const ByteAddress = z.string().transform((text, context) => {
  const address = parseByteAddress(text);
  if (address !== undefined) return address;
  context.addIssue({ code: "custom", message: "must be serial:/dev/ttyUSB0, tcp://HOST:PORT or unix:/path" });
  return z.NEVER;
});
export type ByteAddress = z.infer<typeof ByteAddress>;

type Address =
  | { readonly kind: "serial" | "unix"; readonly path: string }
  | { readonly kind: "tcp"; readonly host: string; readonly port: number };

function parseByteAddress(text: string): Address | undefined {
  const path = /^(serial|unix):(\/.+)$/.exec(text);
  if (path?.[2] !== undefined) return { kind: path[1] === "serial" ? "serial" : "unix", path: path[2] };
  const socket = /^tcp:\/\/([\w.-]+|\[[0-9a-fA-F:]+\]):(\d{1,5})$/.exec(text);
  const port = Number(socket?.[2]);
  if (socket?.[1] === undefined || port < 1 || port > 65_535) return undefined;
  return { kind: "tcp", host: socket[1].replace(/^\[|\]$/g, ""), port };
}

/** An address that must be a TCP one. */
export const TcpAddress = ByteAddress.refine(({ kind }) => kind === "tcp", "must be tcp://HOST:PORT");
