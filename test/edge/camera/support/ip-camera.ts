import { createHash, randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { onTestFinished } from "vitest";
import { z } from "zod";

/** A camera in the network, with a password where `wants` says so. */
export interface IpCamera {
  readonly url: string;
  /** Each request's path and Authorization header. */
  readonly requests: readonly { readonly path: string; readonly authorization: string }[];
  stage(jpeg: Uint8Array): void;
  /** Forgets its nonces, as a camera that is started anew. */
  forgetNonces(): void;
}

export const USER = "operator";
export const PASSWORD = 'p,w "quoted" пароль';
const REALM = "IP Camera(C2345)";

type Wants = "nothing" | "basic" | "MD5" | "SHA-256" | "all";

/** What a test lets it do instead of answering with a photo. */
export type Answering = (request: IncomingMessage, response: ServerResponse) => void;

/** Starts a camera on a free port of this machine; it is closed when the test has finished. */
export async function startIpCamera(wants: Wants = "nothing", answering?: Answering): Promise<IpCamera> {
  const scenes: Uint8Array[] = [];
  const requests: { path: string; authorization: string }[] = [];
  /** The highest count that each nonce was used with: none may be used twice. */
  const nonces = new Map<string, number>();
  let isForgetful = false;

  const server = createServer((request, response) => {
    const { authorization = "", ...headers } = request.headers;
    requests.push({ path: request.url ?? "", authorization });
    const { isLetIn, isStale } = judge(wants, authorization, request, nonces);
    if (!isLetIn) {
      for (const challenge of challengesOf(wants, isStale && !isForgetful, nonces)) {
        response.appendHeader("www-authenticate", challenge);
      }
      response.writeHead(401, { "content-type": "text/html" }).end(`<h1>401</h1>${String(headers.host)}`);
      return;
    }
    if (answering !== undefined) return answering(request, response);
    const scene = scenes.shift();
    if (scene === undefined) response.writeHead(503).end();
    else response.writeHead(200, { "content-type": "image/jpeg" }).end(scene);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = z.object({ port: z.number() }).parse(server.address());
  return {
    url: `http://127.0.0.1:${port}/cgi-bin/snapshot.cgi?channel=1&token=in-the-query`,
    requests,
    stage: (jpeg) => {
      scenes.push(jpeg);
    },
    forgetNonces: () => {
      nonces.clear();
      isForgetful = true;
    },
  };
}

function challengesOf(wants: Wants, isStale: boolean, nonces: Map<string, number>): readonly string[] {
  const digest = (algorithm: string) => {
    const nonce = randomBytes(16).toString("base64");
    nonces.set(nonce, 0);
    return `Digest realm="${REALM}", qop="auth", algorithm=${algorithm}, nonce="${nonce}", stale=${isStale}`;
  };
  switch (wants) {
    case "nothing":
      return [];
    case "basic":
      return [`Basic realm="${REALM}"`];
    case "MD5":
      return [digest("MD5")];
    case "SHA-256":
      return [digest("SHA-256")];
    case "all":
      return [`Basic realm="${REALM}"`, digest("MD5"), digest("SHA-256")];
    default:
      return wants satisfies never;
  }
}

function judge(wants: Wants, header: string, request: IncomingMessage, nonces: Map<string, number>) {
  if (wants === "nothing") return { isLetIn: true, isStale: false };
  if (wants === "basic") {
    const isLetIn = header === `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString("base64")}`;
    return { isLetIn, isStale: false };
  }
  const part = (name: string) => new RegExp(`\\b${name}="?([^",]+)`).exec(header)?.[1] ?? "";
  const hash = part("algorithm") === "SHA-256" ? "sha256" : "md5";
  const h = (text: string) => createHash(hash).update(text).digest("hex");
  const nonce = part("nonce");
  const proof = h(
    `${h(`${USER}:${REALM}:${PASSWORD}`)}:${nonce}:${part("nc")}:${part("cnonce")}:auth:${h(`GET:${request.url}`)}`,
  );
  const isRight = header !== "" && part("uri") === request.url && part("response") === proof;
  const last = nonces.get(nonce);
  const count = Number.parseInt(part("nc"), 16);
  const isFresh = last !== undefined && count > last;
  if (isRight && isFresh) nonces.set(nonce, count);
  return { isLetIn: isRight && isFresh, isStale: isRight && !isFresh };
}
