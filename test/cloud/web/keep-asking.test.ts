import { createServer } from "node:http";
import { describe, expect, it, onTestFinished } from "vitest";
import { z } from "zod";
import { ask, troubleOf } from "../../../cloud/web/page/api.ts";
import { againAfterMs, keepAsking } from "../../../cloud/web/page/keep-asking.ts";

/** A server that answers one after the other, the last for ever. */
async function serve(...answers: readonly (readonly [status: number, code: string, retryAfter?: string])[]) {
  let asked = 0;
  const server = createServer((_request, response) => {
    const [status, code, retryAfter] = answers[Math.min(asked, answers.length - 1)] ?? [200, ""];
    asked += 1;
    if (retryAfter !== undefined) response.setHeader("retry-after", retryAfter);
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify({ code, message: "said" }));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = address !== null && typeof address === "object" ? address.port : 0;
  return { question: () => ask(z.object({ code: z.string() }), `http://127.0.0.1:${port}/`), asked: () => asked };
}

/** What is told until there is an answer or nothing more will come. */
function toldOf(question: () => Promise<{ readonly body: { readonly code: string } }>) {
  const told: unknown[] = [];
  const { promise, resolve } = Promise.withResolvers<readonly unknown[]>();
  const stop = keepAsking(
    question,
    {
      onAnswer: ({ body }) => {
        told.push(body.code);
        resolve(told);
      },
      onTrouble: (error, isAskedAgain) => {
        told.push([troubleOf(error), isAskedAgain]);
        if (!isAskedAgain) resolve(told);
      },
    },
    () => 0,
  );
  onTestFinished(stop);
  return { all: promise, stop, told };
}

describe("a page that is refused because many ask", () => {
  it("asks again by itself when the server said, also where its store is away, until there is an answer", async () => {
    const { question, asked } = await serve(
      [429, "too-many-requests", "1"],
      [503, "too-busy", "0"],
      [503, "store-unavailable", "1"],
      [200, "well"],
    );

    expect(await toldOf(question).all).toEqual([["busy", true], ["busy", true], ["store-unavailable", true], "well"]);
    expect(asked()).toBe(4);
  });

  it("asks once where waiting does not help or nobody said how long, and leaves it to the reader", async () => {
    const refusals = [
      [404, "not-found", "1"],
      [503, ""],
      [429, "too-many-requests", "soon"],
    ] as const;
    for (const refusal of refusals) {
      const { question } = await serve(refusal);
      const [first] = await toldOf(question).all;
      expect(first).toEqual([expect.any(String), false]);
    }
  });

  it("is not asked any more once the reader has gone", async () => {
    const { question, asked } = await serve([429, "too-many-requests", "1"], [200, "well"]);
    const { told, stop } = toldOf(question);
    await expect.poll(() => told.length).toBe(1);

    stop();
    await new Promise((later) => setTimeout(later, 1_200));

    expect([asked(), told.length]).toEqual([1, 1]);
  });

  it("comes a little later than it was told, each reader at another time, and never sooner than in a second", () => {
    expect([againAfterMs(20_000, 0), againAfterMs(20_000, 1), againAfterMs(0, 0)]).toEqual([20_000, 30_000, 1_000]);
  });
});
