import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { openTurns } from "../../../cloud/http/turns.ts";
import { httpParts, NOW_MS, openHttp } from "../../support/http-fixture.ts";

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
    const turns = openTurns({ atOnce: 1, waiting: 5, waitingOfOne: 5, retryAfterS: 10 });
    const [first, second, third] = [aQuestion(1), aQuestion(2), aQuestion(3)];
    const answers = [first, second, third].map(({ ask }) => turns("10.0.0.1", ask));
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
    const turns = openTurns({ atOnce: 1, waiting: 1, waitingOfOne: 1, retryAfterS: 10 });
    const [first, second] = [aQuestion(1), aQuestion(2)];
    const answers = [turns("10.0.0.1", first.ask), turns("10.0.0.2", second.ask)];

    await expect(turns("10.0.0.3", async () => 3)).rejects.toMatchObject({ status: 503, retryAfterS: 10 });
    first.answer();
    second.answer();
    await Promise.all(answers);

    expect(await turns("10.0.0.3", async () => 4)).toBe(4);
  });

  it("has few places for one network, so that others are never refused for it", async () => {
    const turns = openTurns({ atOnce: 1, waiting: 10, waitingOfOne: 2, retryAfterS: 10 });
    const slow = aQuestion("answered");
    const ask = (ip: string) => turns(ip, slow.ask).catch(() => "refused");

    const greedy = ["2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8::4"].map(ask);
    const other = ask("2001:db8:0:1::1");
    slow.answer();

    expect(await Promise.all(greedy)).toEqual(["answered", "answered", "answered", "refused"]);
    expect(await other).toBe("answered");
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
    expect(statuses.filter((status) => status === 200)).toHaveLength(5);
    expect(statuses.filter((status) => status === 503)).toHaveLength(25);
  });

  it("is asked so often by one address as the open data are", async () => {
    const { app, close } = await openHttp(httpParts({ openDataPerMinute: 2 }));
    onTestFinished(close);
    const ask = async () => (await app.inject({ method: "GET", url: "/api/v1/stations/st-1/samples" })).statusCode;

    expect([await ask(), await ask(), await ask()]).toEqual([200, 200, 429]);
  });
});

describe("GET /api/v1/stations/at", () => {
  const MOMENT_MS = 1_200_000;
  const pathAt = (steps: number) => `/api/v1/stations/at?time=${new Date(NOW_MS - steps * MOMENT_MS).toISOString()}`;

  it("lets nobody's many moments keep others from averages, archive and their own past", async () => {
    const slow = aQuestion([]);
    const windows = ({ stations }: { readonly stations?: readonly string[] }) =>
      stations === undefined ? slow.ask() : Promise.resolve([]);
    const { app, close } = await openHttp(httpParts({ airWindows: { windows } }));
    onTestFinished(close);
    const get = (url: string, remoteAddress = "10.0.0.1") => app.inject({ url, remoteAddress });

    const greedy = Array.from({ length: 60 }, (_, steps) => get(pathAt(steps)));
    const refused = await Promise.race(greedy);
    const averages = await get("/api/v1/stations/st-1/averages?from=2027-01-01");
    const archive = await get("/api/v1/open/archive/st-1/2027-01-14.csv");
    const other = get(pathAt(70), "10.0.0.2");
    await nextTurn();
    slow.answer();
    const statuses = (await Promise.all(greedy)).map(({ statusCode }) => statusCode);

    expect([refused.statusCode, refused.headers["retry-after"]]).toEqual([503, "10"]);
    expect([averages.statusCode, archive.statusCode, (await other).statusCode]).toEqual([200, 200, 200]);
    expect(statuses.filter((status) => status === 200)).toHaveLength(9);
  });

  it("is asked so often by one address as the map's averages are", async () => {
    const { app, close } = await openHttp(httpParts({ mapPerMinute: 2 }));
    onTestFinished(close);
    const ask = async () => (await app.inject({ url: pathAt(1) })).statusCode;

    expect([await ask(), await ask(), await ask()]).toEqual([200, 200, 429]);
  });
});
