import type { IncomingMessage } from "node:http";
import { request as requestHttps } from "node:https";
import { isIP } from "node:net";
import type { Clock } from "#kit/clock.ts";
import { codeOf } from "#kit/errors.ts";
import { BadConfig } from "#kit/load-config.ts";
import { request as requestHttp } from "#kit/plain-http.ts";
import { readSecret } from "#kit/read-secret.ts";
import { urlWithoutSecrets } from "../../firmware-config/settings/camera-address.ts";
import { type Camera, CameraUnavailable } from "./camera.ts";
import { checkJpeg, MAX_JPEG_BYTES } from "./check-jpeg.ts";
import { authorizationFor, type Challenge, chooseChallenge, parseChallenges, type Secret } from "./http-auth.ts";
import { isLanAddress, lookupInLan, NOT_LAN } from "./lan-address.ts";

/** What an IP camera needs. */
export interface UrlCameraOptions {
  /** Where it answers with one JPEG. */
  readonly url: string;
  readonly secret: Secret | undefined;
  readonly clock: Clock;
  /** Random text, new at each call. */
  readonly newId: () => string;
  readonly withinMs?: number;
}

const WITHIN_MS = 8_000;
/** Many cameras lock everybody out after some five wrong passwords: one that was refused is not repeated soon. */
const REFUSED_FOR_MS = 30 * 60_000;

/**
 * An IP camera's snapshot. Over `http:` only addresses of this network are asked; nobody is followed elsewhere; the
 * password is sent only when it was asked for, by digest wherever that is offered. Messages never hold query or secret.
 */
export function createUrlCamera(options: UrlCameraOptions): Camera {
  const { url, secret, clock, newId, withinMs = WITHIN_MS } = options;
  const name = urlWithoutSecrets(url);
  const { pathname, search } = new URL(url);
  const asking = { method: "GET", uri: `${pathname}${search}` };
  let known: { readonly challenge: Challenge; nonceCount: number } | undefined;
  let refusedAtMs = Number.NEGATIVE_INFINITY;

  /** The header that answers what the camera asked for last; each use of a nonce has a number of its own. */
  function authorization(): Readonly<Record<string, string>> {
    if (known === undefined || secret === undefined) return {};
    known.nonceCount += 1;
    const { challenge, nonceCount } = known;
    return { authorization: authorizationFor(challenge, secret, { ...asking, nonceCount, cnonce: newId() }) };
  }

  /** Remembers a challenge; rejects when there is no use in answering it. */
  function learnChallenge(answer: IncomingMessage, wasAnswered: boolean): void {
    const challenges = parseChallenges(answer.headersDistinct["www-authenticate"] ?? []);
    const challenge = chooseChallenge(challenges);
    const isStale = challenge?.parameters.stale?.toLowerCase() === "true";
    known = challenge === undefined ? undefined : { challenge, nonceCount: 0 };
    if (secret === undefined)
      throw refused(name, "it wants a user and a password: put user:password into CAMERA_SECRET_FILE");
    if (challenge === undefined) {
      const offered = challenges.map(({ scheme }) => scheme).join(", ");
      throw refused(name, `it offers no way of logging in that we know (${offered || "none"})`);
    }
    if (!wasAnswered || isStale) return;
    known = undefined;
    refusedAtMs = clock.monotonicMs();
    throw refused(name, "user or password is wrong; it is asked again in 30 minutes, or after a start");
  }

  async function fetchJpeg(signal: AbortSignal): Promise<Uint8Array> {
    const within = AbortSignal.any([signal, AbortSignal.timeout(withinMs)]);
    if (clock.monotonicMs() - refusedAtMs < REFUSED_FOR_MS) {
      throw refused(name, "it did not take user and password; it is asked again in 30 minutes, or after a start");
    }
    // The first without a proof or with an old nonce, the second with a new one; a nonce may be stale once more.
    for (let round = 0; round < 3; round += 1) {
      const headers = authorization();
      const answer = await ask(url, name, headers, within);
      if (answer.statusCode !== 401) return await readJpeg(answer, name, within);
      answer.destroy();
      // An old nonce that is refused may have been forgotten by a camera that was started anew: no wrong password yet.
      learnChallenge(answer, "authorization" in headers && known?.nonceCount === 1);
    }
    throw refused(name, "it asks for a new proof again and again");
  }

  return {
    capture: async (signal) => {
      signal.throwIfAborted();
      const jpeg = await fetchJpeg(signal);
      await checkJpeg(jpeg, `what ${name} sent`);
      return jpeg;
    },
    check: async (signal) => `${name}: sends photos of ${Math.ceil((await fetchJpeg(signal)).length / 1024)} KiB`,
  };
}

/** User and password of the file that `CAMERA_SECRET_FILE` names: one line, `user:password`. */
export async function readCameraSecret(file: string): Promise<Secret> {
  const text = await readSecret("CAMERA_SECRET_FILE", file);
  const colon = text.indexOf(":");
  if (colon < 1) throw new BadConfig(`CAMERA_SECRET_FILE: ${file} must hold one line, user:password`);
  return { user: text.slice(0, colon), password: text.slice(colon + 1) };
}

const refused = (name: string, why: string) => new CameraUnavailable("refused", `${name}: ${why}`);

async function ask(
  url: string,
  name: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const { protocol, hostname } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, "");
  const isOpen = protocol === "http:";
  if (isOpen && isIP(host) !== 0 && !isLanAddress(host)) throw troubleOfLine(name, NOT_LAN, signal);
  const start = isOpen ? requestHttp : requestHttps;
  // One connection for one photo: cameras have few, and drop idle ones without a word.
  const request = start(url, { headers, signal, agent: false, ...(isOpen && { lookup: lookupInLan }) });
  return await new Promise((resolve, reject) => {
    request.once("error", (cause) => reject(troubleOfLine(name, codeOf(cause), signal)));
    request.once("response", resolve);
    request.end();
  });
}

async function readJpeg(answer: IncomingMessage, name: string, signal: AbortSignal): Promise<Uint8Array> {
  try {
    refuseOtherAnswers(answer, name);
    const pieces: Uint8Array[] = [];
    let bytes = 0;
    if (Number(answer.headers["content-length"] ?? 0) > MAX_JPEG_BYTES) throw tooLarge(name);
    for await (const piece of answer) {
      if (!(piece instanceof Uint8Array)) continue;
      bytes += piece.length;
      if (bytes > MAX_JPEG_BYTES) throw tooLarge(name);
      pieces.push(piece);
    }
    return Buffer.concat(pieces);
  } catch (cause) {
    if (cause instanceof CameraUnavailable) throw cause;
    throw troubleOfLine(name, codeOf(cause), signal);
  } finally {
    answer.destroy();
  }
}

function refuseOtherAnswers({ statusCode = 0, headers }: IncomingMessage, name: string): void {
  const wrong = (why: string) => new CameraUnavailable("wrong-answer", `${name}: ${why}`);
  const type = headers["content-type"] ?? "";
  if (statusCode === 403) throw refused(name, "it does not let this user have photos (403)");
  if (statusCode >= 300 && statusCode < 400) {
    const there = URL.parse(headers.location ?? "", name);
    const where = there === null ? "elsewhere" : `to ${urlWithoutSecrets(there.href)}`;
    throw wrong(`it sends us ${where}, and nobody is followed: put the address that answers into CAMERA`);
  }
  if (statusCode !== 200) throw wrong(`it answers ${statusCode}: is that the address of its snapshot?`);
  if (/^multipart\//i.test(type)) throw wrong("that is a stream: put the address of one snapshot into CAMERA");
  if (/^text\//i.test(type)) throw wrong("that is a web page: put the address of one snapshot into CAMERA");
}

const tooLarge = (name: string) =>
  new CameraUnavailable("too-large", `${name}: it sends more than ${MAX_JPEG_BYTES} bytes: that is no photo`);

/** Why a line failed, by Node's code alone: its messages may hold addresses with secrets. */
function troubleOfLine(name: string, code: string, signal: AbortSignal): CameraUnavailable {
  if (signal.aborted || code === "ABORT_ERR") {
    return new CameraUnavailable("hung", `${name}: no photo came in time; it is asked again by itself`);
  }
  const why = LINE_TROUBLES[code] ?? (/CERT|SSL|TLS/.test(code) ? UNTRUSTED : "the line was lost");
  return new CameraUnavailable("unreachable", `${name}: ${why} (${code})`);
}

const UNTRUSTED = "its certificate is not trusted: name its authority in NODE_EXTRA_CA_CERTS";
const LINE_TROUBLES: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nobody answers at this port",
  ENOTFOUND: "nobody has this name",
  EAI_AGAIN: "names cannot be looked up now",
  EHOSTUNREACH: "no way leads there: is the camera on, and in this network?",
  ENETUNREACH: "no way leads there: is the camera on, and in this network?",
  ETIMEDOUT: "it does not answer: is the camera on, and in this network?",
  [NOT_LAN]: "http:// is only for cameras of this network; elsewhere use https://",
};
