import { describe, expect, it } from "vitest";
import { authorizationFor, chooseChallenge, parseChallenges } from "../../../edge/camera/http-auth.ts";

/** RFC 7616, section 3.9.1. */
const RFC_CHALLENGES = ["SHA-256", "MD5"].map(
  (algorithm) =>
    `Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=${algorithm}, ` +
    'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"',
);
const MUFASA = { user: "Mufasa", password: "Circle of Life" };
const ASKING = {
  method: "GET",
  uri: "/dir/index.html",
  nonceCount: 1,
  cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
};

function answerTo(headers: readonly string[], change: Partial<typeof ASKING> = {}, secret = MUFASA): string {
  const challenge = chooseChallenge(parseChallenges(headers));
  if (challenge === undefined) throw new Error("no challenge that we know");
  return authorizationFor(challenge, secret, { ...ASKING, ...change });
}

const sorted = (header: string) =>
  header
    .replace(/^Digest /, "")
    .split(/,\s*/)
    .sort();

describe("authorizationFor", () => {
  it.each([
    ["MD5", "8ca523f5e9506fed4657c9700eebdbec"],
    ["SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"],
  ])("answers as the example of RFC 7616, section 3.9.1, does with %s", (algorithm, response) => {
    const offered = RFC_CHALLENGES.filter((header) => header.includes(`algorithm=${algorithm},`));

    expect(sorted(answerTo(offered))).toEqual(
      sorted(
        'Digest username="Mufasa", realm="http-auth@example.org", uri="/dir/index.html", ' +
          `algorithm=${algorithm}, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", nc=00000001, ` +
          'cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", qop=auth, ' +
          `response="${response}", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`,
      ),
    );
  });

  it("counts the uses of a nonce in eight hexadecimal digits, and proves each anew", () => {
    const tenth = answerTo(RFC_CHALLENGES, { nonceCount: 10 });

    expect(tenth).toContain("nc=0000000a");
    expect(tenth).not.toContain("753927fa0e85d155");
  });

  it("writes names that would end the quotes, or are not ASCII, as the RFC says", () => {
    expect(answerTo(RFC_CHALLENGES, {}, { user: 'a"b\\c', password: "x" })).toContain('username="a\\"b\\\\c"');
    // "Jäsøn Doe" of RFC 7616, section 3.9.2.
    expect(answerTo(RFC_CHALLENGES, {}, { user: "J\u00e4s\u00f8n Doe", password: "x" })).toContain(
      "username*=UTF-8''J%C3%A4s%C3%B8n%20Doe",
    );
  });

  it("answers basic as RFC 7617, section 2, does", () => {
    const aladdin = { user: "Aladdin", password: "open sesame" };

    expect(answerTo(['Basic realm="WallyWorld"'], {}, aladdin)).toBe("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  });
});

describe("chooseChallenge", () => {
  const choose = (...headers: string[]) => {
    const { scheme, parameters } = chooseChallenge(parseChallenges(headers)) ?? { scheme: "none", parameters: {} };
    return `${scheme} ${parameters.algorithm ?? ""}`.trim();
  };
  const digest = (algorithm: string) => `Digest realm="r", nonce="n", qop="auth", algorithm=${algorithm}`;

  it("takes the strongest that we know, whatever the order", () => {
    expect(choose('Basic realm="r"', digest("MD5"), digest("SHA-256"))).toBe("digest SHA-256");
    expect(choose('Basic realm="r"', digest("md5"))).toBe("digest md5");
    expect(choose(`Basic realm="r, with a comma", ${digest("MD5")}`)).toBe("digest MD5");
    expect(choose('Digest realm="r", nonce="n", qop=auth')).toBe("digest");
    expect(choose('Negotiate, Basic realm="r"')).toBe("basic");
  });

  it("takes none that it cannot answer", () => {
    expect(choose()).toBe("none");
    expect(choose("Negotiate abc==")).toBe("none");
    expect(choose(digest("SHA-512-256"))).toBe("none");
    expect(choose('Digest realm="r", nonce="n", qop="auth-int"')).toBe("none");
    expect(choose('=,=,"",,,  Digest')).toBe("none");
  });

  it("finds a challenge behind one that it cannot read", () => {
    expect(choose(`Negotiate abc==, ${digest("MD5")}`)).toBe("digest MD5");
  });

  it("does not stumble over long nonsense", () => {
    expect(choose(`${"a=".repeat(100_000)},${'"'.repeat(10_000)}`)).toBe("none");
  });
});
