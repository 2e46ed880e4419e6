import { connect } from "node:net";
import { fastify } from "fastify";
import { expect, it, onTestFinished } from "vitest";
import { boundBodies } from "../../../cloud/http/slow-bodies.ts";
import { until } from "../../support/until.ts";

/** A server that takes a body on two paths, one of which may be slow. */
async function openServer(withinMs: number) {
  const app = fastify({ forceCloseConnections: true });
  boundBodies(app, withinMs, "/upload/:sha");
  app.put("/upload/:sha", async () => "taken");
  app.put("/other", async () => "taken");
  const { port } = new URL(await app.listen({ host: "127.0.0.1", port: 0 }));
  onTestFinished(() => app.close());
  return (path: string) => {
    const socket = connect(Number(port), "127.0.0.1");
    let said = "";
    let isClosed = false;
    socket.on("data", (bytes) => {
      said += bytes.toString();
    });
    socket.on("close", () => {
      isClosed = true;
    });
    socket.write(`PUT ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: text/plain\r\ncontent-length: 4\r\n\r\nab`);
    onTestFinished(() => void socket.destroy());
    return { isClosed: () => isClosed, said: () => said, finish: () => void socket.write("cd") };
  };
}

it("a body that is not there in time ends its connection, but that of an upload", async () => {
  const send = await openServer(300);
  const upload = send("/upload/a");
  const other = send("/other");

  await until("the other is cut off", other.isClosed);
  upload.finish();

  await until("the upload is answered", () => upload.said().includes("200 OK"));
  expect(other.said()).toBe("");
});
