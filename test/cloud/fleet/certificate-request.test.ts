import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkRequest } from "../../../cloud/fleet/certificate-request.ts";
import { FleetRefused } from "../../../cloud/fleet/refused.ts";
import { requestFor } from "../../../firmware-config/certificate-request.ts";
import { makeTlsKey } from "../../../firmware-config/tls-key.ts";
import { hasOpenssl } from "../../support/has-openssl.ts";

const pemOf = (der: Uint8Array) =>
  `-----BEGIN CERTIFICATE REQUEST-----\n${Buffer.from(der).toString("base64")}\n-----END CERTIFICATE REQUEST-----\n`;
const derOf = (pem: string) => Buffer.from(pem.split("\n").slice(1, -2).join(""), "base64");

describe("checkRequest", () => {
  it("names the key of a good request, the same each time", async () => {
    const key = makeTlsKey();

    const [first, second] = [await checkRequest(requestFor(key)), await checkRequest(requestFor(key))];

    expect(first.keySha256).toMatch(/^[0-9a-f]{64}$/);
    expect(second.keySha256).toBe(first.keySha256);
  });

  it.skipIf(!hasOpenssl())("takes what OpenSSL takes for a request, too", async () => {
    const pem = requestFor(makeTlsKey());

    const said = spawnSync("openssl", ["req", "-verify", "-noout", "-text"], { input: pem });

    expect(String(said.stderr)).toContain("verify OK");
    expect(String(said.stdout)).toContain("prime256v1");
    await expect(checkRequest(pem)).resolves.toBeDefined();
  });

  it("takes no changed request for another key, and refuses in words of its own", async () => {
    const pem = requestFor(makeTlsKey());
    const good = derOf(pem);
    const { keySha256 } = await checkRequest(pem);
    const change = fc.record({
      at: fc.nat(good.length - 1),
      by: fc.integer({ min: 1, max: 255 }),
      length: fc.integer({ min: good.length - 3, max: good.length + 3 }),
    });

    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
        const bytes = Buffer.alloc(changes[0]?.length ?? good.length);
        good.copy(bytes);
        for (const { at, by } of changes) bytes[at] = (bytes[at] ?? 0) ^ by;

        // What is not signed (the outermost tag, a tail) may be changed: the key is still that of whoever signed.
        const judged = await checkRequest(pemOf(bytes)).then(
          (key) => key.keySha256 === keySha256,
          (error: unknown) => error instanceof FleetRefused,
        );

        expect(judged).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});
