import { request } from "node:http";
import { describe, expect, it, onTestFinished } from "vitest";
import { DiskUnwritable } from "#kit/durable-file.ts";
import { CameraUnavailable } from "../../../edge/camera/camera.ts";
import { type Route, startLocalServer } from "../../../edge/driver/local-server.ts";
import { JsonObject, quiet } from "../support/fakes.ts";

async function startServer(answer: Route["answer"] = async (body) => ({ status: 200, body: { got: body } })) {
  const routes: Route[] = [
    { method: "POST", path: "/shots", answer },
    { method: "GET", path: "/status", answer: async () => ({ status: 200, body: { ok: true } }) },
  ];
  const server = await startLocalServer(0, routes, quiet);
  onTestFinished(() => server.close());
  return server;
}

interface Ask {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Asks with any header, which `fetch` would not let through. */
async function ask(url: string, { method = "POST", path = "/shots", headers, body = "{}" }: Ask = {}) {
  return await new Promise<{ status: number; body: Record<string, unknown> }>((resolve, reject) => {
    const asking = request(
      new URL(path, url),
      { method, headers: { "content-type": "application/json", ...headers } },
      (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (piece) => {
          text += piece;
        });
        response.on("end", () =>
          resolve({ status: response.statusCode ?? 0, body: JsonObject.parse(JSON.parse(text)) }),
        );
      },
    );
    asking.on("error", reject);
    asking.end(method === "GET" ? undefined : body);
  });
}

describe("startLocalServer", () => {
  it("answers a route with its JSON", async () => {
    const { url } = await startServer();

    expect(await ask(url, { body: '{"a":1}' })).toEqual({ status: 200, body: { got: { a: 1 } } });
  });

  it.each([
    ["another host's name", { headers: { host: "evil.example:8081" } }, 403, "not-loopback"],
    ["a page of another host", { headers: { origin: "https://evil.example" } }, 403, "not-loopback"],
    ["a form", { headers: { "content-type": "text/plain" } }, 415, "not-json"],
    ["broken JSON", { body: "{" }, 400, "not-json"],
    ["a body that is too large", { body: `"${"x".repeat(9000)}"` }, 413, "too-large"],
    ["an unknown path", { path: "/etc/passwd" }, 404, "not-found"],
    ["a wrong method", { method: "GET" }, 405, "wrong-method"],
  ])("refuses %s with a code", async (_name, asked, status, code) => {
    const { url } = await startServer();

    expect(await ask(url, asked)).toMatchObject({ status, body: { code } });
  });

  it.each([
    [new CameraUnavailable("no-photo", "no photo"), 503, "camera-unavailable"],
    [new DiskUnwritable("disk-full", "full"), 507, "disk-full"],
    [new Error("secret path /x"), 500, "internal"],
  ])("answers %s with its status, and tells nothing of what was not foreseen", async (error, status, code) => {
    const { url } = await startServer(() => Promise.reject(error));

    const answer = await ask(url);

    expect(answer).toMatchObject({ status, body: { code } });
    expect(JSON.stringify(answer.body)).not.toContain("secret");
  });

  it("says which port is taken", async () => {
    const { url } = await startServer();

    await expect(startLocalServer(Number(new URL(url).port), [], quiet)).rejects.toThrow(/HTTP_PORT \d+/);
  });

  it("answers to the names of the device's own Wi-Fi, and leads phones that look for another to the page", async () => {
    const routes: Route[] = [
      { method: "GET", path: "/", answer: async () => ({ status: 200, body: { page: true } }) },
      { method: "POST", path: "/shots", answer: async () => ({ status: 200, body: {} }) },
    ];
    const server = await startLocalServer(0, routes, quiet, ["dvornik.lan", "10.42.0.1"]);
    onTestFinished(() => server.close());
    const by = (host: string, method: string, path: string, origin?: string) =>
      ask(server.url, { method, path, headers: { host, ...(origin === undefined ? {} : { origin }) } });

    expect(await by("dvornik.lan", "GET", "/")).toEqual({ status: 200, body: { page: true } });
    expect((await by("10.42.0.1:80", "POST", "/shots", "http://dvornik.lan")).status).toBe(200);
    expect((await by("connectivity.example", "GET", "/generate_204")).status).toBe(302);
    expect((await by("evil.example", "POST", "/shots")).status).toBe(403);
    expect((await by("dvornik.lan", "POST", "/shots", "http://evil.example")).status).toBe(403);
  });
});
