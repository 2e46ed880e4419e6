import { readFile } from "node:fs/promises";
import { request } from "node:https";
import { describe, expect, it, onTestFinished } from "vitest";
import { startHttp } from "../../../cloud/http/http.ts";
import { httpParts } from "../../support/http-fixture.ts";
import { makeAuthority } from "../../support/test-authority.ts";

async function openSecure() {
  const { caFile, server } = await makeAuthority();
  const tls = { cert: await readFile(server.TLS_CERT, "utf8"), key: await readFile(server.TLS_KEY, "utf8") };
  const http = await startHttp({ ...httpParts(), tls, host: "127.0.0.1", port: 0 });
  onTestFinished(() => http.close());
  return { url: http.url, ca: await readFile(caFile) };
}

describe("the cloud with a certificate of its own", () => {
  it("answers over HTTPS", async () => {
    const { url, ca } = await openSecure();

    const status = await new Promise((resolve, reject) => {
      request(`${url}/healthz`, { ca }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      })
        .on("error", reject)
        .end();
    });

    expect(url).toMatch(/^https:/);
    expect(status).toBe(200);
  });

  it("answers nobody without TLS", async () => {
    const { url } = await openSecure();

    await expect(fetch(`${url.replace("https:", "http:")}/healthz`)).rejects.toThrow();
  });
});
