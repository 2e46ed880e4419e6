import { createHash } from "node:crypto";

/** Who may have a photo of an IP camera. */
export interface Secret {
  readonly user: string;
  readonly password: string;
}

/** One way to prove oneself that a server offers (RFC 9110, section 11.6.1). */
export interface Challenge {
  /** In lower case. */
  readonly scheme: string;
  /** Names in lower case. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** What is asked, and how often this nonce has been used with this request. */
export interface Asking {
  readonly method: string;
  /** The request target as it stands in the request line: path and query. */
  readonly uri: string;
  readonly nonceCount: number;
  /** Random text of ours, new for each request. */
  readonly cnonce: string;
}

const TOKEN = "[!#$%&'*+.^_`|~\\w-]+";
const PART = new RegExp(
  `[\\s,]*(?:(${TOKEN})\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|(${TOKEN}))|(${TOKEN})(?=[\\s,]|$)|([^,]+))`,
  "gy",
);

/** Reads `WWW-Authenticate` headers; one header may hold several challenges. What cannot be read is passed over. */
export function parseChallenges(headers: readonly string[]): readonly Challenge[] {
  return headers.flatMap((header) => {
    const challenges: { scheme: string; parameters: Record<string, string> }[] = [];
    for (const [, name, quoted, plain, scheme] of header.matchAll(PART)) {
      if (scheme !== undefined) challenges.push({ scheme: scheme.toLowerCase(), parameters: {} });
      const current = challenges.at(-1);
      if (name === undefined || current === undefined) continue;
      current.parameters[name.toLowerCase()] = quoted?.replace(/\\(.)/g, "$1") ?? plain ?? "";
    }
    return challenges;
  });
}

/** Hashes that we know, the stronger first (RFC 7616, section 3.7: the server's order is a wish, ours is a choice). */
const HASHES: readonly { readonly algorithm: string; readonly hash: string }[] = [
  { algorithm: "SHA-256", hash: "sha256" },
  { algorithm: "MD5", hash: "md5" },
];

/** The best challenge that we can answer: digest with SHA-256, digest with MD5, basic; undefined where there is none. */
export function chooseChallenge(challenges: readonly Challenge[]): Challenge | undefined {
  for (const { algorithm } of HASHES) {
    const digest = challenges.find(
      ({ scheme, parameters }) =>
        scheme === "digest" &&
        (parameters.algorithm ?? "MD5").toUpperCase() === algorithm &&
        (parameters.qop ?? "").split(",").some((qop) => qop.trim().toLowerCase() === "auth") &&
        parameters.nonce !== undefined,
    );
    if (digest !== undefined) return digest;
  }
  return challenges.find(({ scheme }) => scheme === "basic");
}

/** The `Authorization` header that answers a challenge which `chooseChallenge` gave. */
export function authorizationFor({ scheme, parameters }: Challenge, secret: Secret, asking: Asking): string {
  return scheme === "basic" ? basic(secret) : digest(parameters, secret, asking);
}

const basic = ({ user, password }: Secret) => `Basic ${Buffer.from(`${user}:${password}`, "utf8").toString("base64")}`;

/** RFC 7616, section 3.4, with `qop=auth`. */
function digest(parameters: Challenge["parameters"], { user, password }: Secret, asking: Asking): string {
  const { realm = "", nonce = "", opaque } = parameters;
  const wanted = (parameters.algorithm ?? "MD5").toUpperCase();
  const { algorithm, hash } = HASHES.find((known) => known.algorithm === wanted) ?? { algorithm: "MD5", hash: "md5" };
  const h = (text: string) => createHash(hash).update(text, "utf8").digest("hex");
  const nc = asking.nonceCount.toString(16).padStart(8, "0");
  const proof = [
    h(`${user}:${realm}:${password}`),
    nonce,
    nc,
    asking.cnonce,
    "auth",
    h(`${asking.method}:${asking.uri}`),
  ];
  const parts = [
    nameOfUser(user),
    `realm=${quote(realm)}`,
    `uri=${quote(asking.uri)}`,
    `algorithm=${algorithm}`,
    `nonce=${quote(nonce)}`,
    `nc=${nc}`,
    `cnonce=${quote(asking.cnonce)}`,
    "qop=auth",
    `response="${h(proof.join(":"))}"`,
    ...(opaque === undefined ? [] : [`opaque=${quote(opaque)}`]),
  ];
  return `Digest ${parts.join(", ")}`;
}

const quote = (text: string) => `"${text.replace(/["\\]/g, "\\$&")}"`;

const percentEncode = (text: string) =>
  encodeURIComponent(text).replace(/['()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);

/** A header holds only ASCII: another name goes as RFC 7616, section 3.4, says (`username*`, RFC 8187). */
function nameOfUser(user: string): string {
  return /^[ -~]*$/.test(user) ? `username=${quote(user)}` : `username*=UTF-8''${percentEncode(user)}`;
}
