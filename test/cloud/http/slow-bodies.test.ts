import { connect } from "node:net";
import { fastify } from "fastify";
import { expect, it, onTestFinished } from "vitest";
import { createLogger } from "#kit/logger.ts";
import { ApiError, answerErrors, tellError } from "../../../cloud/http/errors.ts";
import { boundBodies } from "../../../cloud/http/slow-bodies.ts";
import { until } from "../../support/until.ts";

/** A server that takes a body on two paths, one of which may be slow; `x-token` lets in. */
async function openServer(withinMs: number, answeredMs: number) {
  const log = createLogger("test", "silent");
  const app = fastify({ forceCloseConnections: true, frameworkErrors: tellError(log) });
  boundBodies(app, { withinMs, answeredMs, uploadPath: "/upload/:sha" });
  answerErrors(app, log);
  app.addHook("onRequest", async ({ headers }) => {
    if (headers["x-token"] === undefined) throw new ApiError(401, "unauthorized", "no token");
  });
  app.addContentTypeParser("application/octet-stream", (_request, payload, done) => {
    payload.resume().once("end", () => done(null));
  });
  app.put("/upload/:sha", async () => "taken");
  app.put("/other", async () => "taken");
  const { port } = new URL(await app.listen({ host: "127.0.0.1", port: 0 }));
  onTestFinished(() => app.close());
  /** Sends a request whose body goes on with a byte now and then, until it is told to finish. */
  return (path: string, token = "") => {
    const socket = connect(Number(port), "127.0.0.1");
    let said = "";
    let isClosed = false;
    let left = 9_998;
    socket.on("data", (bytes) => {
      said += bytes.toString();
    });
    socket.on("error", () => {
      // The server has ended the connection while a byte was on its way.
    });
    socket.on("close", () => {
      isClosed = true;
      clearInterval(drip);
    });
    const head = `PUT ${path} HTTP/1.1\r\nhost: x\r\n${token}content-type: application/octet-stream\r\n`;
    socket.write(`${head}content-length: 10000\r\n\r\nab`);
    const drip = setInterval(() => {
      socket.write("x");
      left -= 1;
    }, 40);
    onTestFinished(() => {
      clearInterval(drip);
      socket.destroy();
    });
    const finish = () => {
      clearInterval(drip);
      socket.write("x".repeat(left));
    };
    return { isClosed: () => isClosed, said: () => said, finish };
  };
}

const TOKEN = "x-token: yes\r\n";

it("a body that is not there in time ends its connection with a word, but that of an upload that was let in", async () => {
  const send = await openServer(300, 60_000);
  const upload = send("/upload/a", TOKEN);
  const other = send("/other", TOKEN);

  await until("the other is cut off", other.isClosed);
  upload.finish();

  await until("the upload is answered", () => upload.said().includes("200 OK"));
  expect(other.said()).toContain("HTTP/1.1 408 Request Timeout");
  expect(other.said()).toContain('{"code":"too-slow",');
});

it.each([
  ["without a token", "/other", "", 401, "unauthorized"],
  ["of an upload without a token", "/upload/a", "", 401, "unauthorized"],
  ["to where nothing is", "/nowhere", TOKEN, 404, "not-found"],
  ["to a path that is none", "/%zz", TOKEN, 400, "bad-request"],
])("the body of a request %s is not waited for once it was refused", async (_what, path, token, status, code) => {
  const send = await openServer(60_000, 300);
  const sent = send(path, token);

  await until("it is cut off", sent.isClosed);

  expect(sent.said()).toContain(`HTTP/1.1 ${status} `);
  expect(sent.said()).toContain(`{"code":"${code}",`);
});
