import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { openTurns } from "../../../cloud/http/turns.ts";
import { httpParts, openHttp } from "../../support/http-fixture.ts";

/** A question that is answered when the test says so. */
function aQuestion<T>(answer: T) {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  let isAsked = false;
  return {
    ask: () => {
      isAsked = true;
      return promise;
    },
    isAsked: () => isAsked,
    answer: () => resolve(answer),
    fail: () => reject(new Error("the store is away")),
  };
}

describe("a queue of questions to the store", () => {
  it("asks so many at a time, the others in their order, and goes on after one that failed", async () => {
    const turns = openTurns({ atOnce: 1, waiting: 5, retryAfterS: 10 });
    const [first, second, third] = [aQuestion(1), aQuestion(2), aQuestion(3)];
    const answers = [first, second, third].map(({ ask }) => turns(ask));
    answers[0]?.catch(() => {});

    first.fail();
    await expect(answers[0]).rejects.toThrow("away");
    await nextTurn();
    expect([second.isAsked(), third.isAsked()]).toEqual([true, false]);
    second.answer();
    third.answer();

    expect(await Promise.all(answers.slice(1))).toEqual([2, 3]);
  });

  it("refuses at once when too many wait, and has room again later", async () => {
    const turns = openTurns({ atOnce: 1, waiting: 1, retryAfterS: 10 });
    const [first, second] = [aQuestion(1), aQuestion(2)];
    const answers = [turns(first.ask), turns(second.ask)];

    await expect(turns(async () => 3)).rejects.toMatchObject({ status: 503, retryAfterS: 10 });
    first.answer();
    second.answer();
    await Promise.all(answers);

    expect(await turns(async () => 4)).toBe(4);
  });
});

describe("GET /api/v1/stations/:id/samples", () => {
  it("refuses a crowd that asks for single values with a time to come again, while health and averages answer", async () => {
    const slow = aQuestion([]);
    const parts = httpParts({
      measurements: { samples: slow.ask, check: async () => ({ ok: true, detail: "well" }) },
    });
    const { app, close } = await openHttp(parts);
    onTestFinished(close);
    const get = (url: string) => app.inject({ method: "GET", url });
    const values = () => get("/api/v1/stations/st-1/samples");

    const crowd = Array.from({ length: 30 }, values);
    const refused = await Promise.race(crowd);
    const [health, averages] = await Promise.all([
      get("/healthz"),
      get("/api/v1/stations/st-1/averages?from=2027-01-01"),
    ]);
    slow.answer();
    const statuses = (await Promise.all(crowd)).map(({ statusCode }) => statusCode);

    expect(refused.statusCode).toBe(503);
    expect(refused.headers["retry-after"]).toBe("10");
    expect(health.json()).toMatchObject({ parts: { measurements: { ok: true } } });
    expect(averages.statusCode).toBe(200);
    expect(statuses.filter((status) => status === 200)).toHaveLength(9);
    expect(statuses.filter((status) => status === 503)).toHaveLength(21);
  });

  it("is asked so often by one address as the open data are", async () => {
    const { app, close } = await openHttp(httpParts({ openDataPerMinute: 2 }));
    onTestFinished(close);
    const ask = async () => (await app.inject({ method: "GET", url: "/api/v1/stations/st-1/samples" })).statusCode;

    expect([await ask(), await ask(), await ask()]).toEqual([200, 200, 429]);
  });
});
