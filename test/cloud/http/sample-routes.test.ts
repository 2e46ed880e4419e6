import { describe, expect, it, onTestFinished } from "vitest";
import { type RawSample, type SamplesQuery, StoreUnavailable } from "../../../cloud/store/measurements/measurements.ts";
import { httpParts, NOW_MS, openHttp } from "../../support/http-fixture.ts";

const HOUR_MS = 3_600_000;
const iso = (ms: number) => new Date(ms).toISOString();

/** The server over a list of samples; `asked` are the questions that reached it. */
async function open(samples: (query: SamplesQuery) => readonly RawSample[] = () => [], openDataPerMinute = 1_000) {
  const asked: SamplesQuery[] = [];
  const measurements = {
    check: async () => ({ ok: true, detail: "well" }),
    samples: async (query: SamplesQuery) => {
      asked.push(query);
      return samples(query);
    },
  };
  const http = await openHttp(httpParts({ measurements, openDataPerMinute }));
  onTestFinished(() => http.close());
  const get = (query: string, station = "st-1", headers: Record<string, string> = {}) =>
    http.app.inject({ url: `/api/v1/stations/${station}/samples?${query}`, headers });
  return { asked, get };
}

describe("GET /api/v1/stations/:id/samples", () => {
  it("gives each value as its sensor said it, of the last hour up to and with this very moment", async () => {
    const { asked, get } = await open(() => [
      { at: NOW_MS - 1000, value: 3.5, sensor: "sds011" },
      { at: NOW_MS, value: 4, sensor: "pms5003-b" },
    ]);

    const answer = await get("field=pm10");

    expect(answer.headers).toMatchObject({ "access-control-allow-origin": "*", "cache-control": "public, no-cache" });
    expect(answer.json()).toEqual({
      station: "st-1",
      field: "pm10",
      unit: "µg/m³",
      columns: ["at", "value", "sensor"],
      rows: [
        [NOW_MS - 1000, 3.5, "sds011"],
        [NOW_MS, 4, "pms5003-b"],
      ],
      next: null,
    });
    expect(asked).toEqual([
      { tenant: "chel", station: "st-1", field: "pm10", fromMs: NOW_MS - HOUR_MS, toMs: NOW_MS + 1, most: 5001 },
    ]);
    expect((await get("field=pm10", "st-1", { "if-none-match": String(answer.headers.etag) })).statusCode).toBe(304);
  });

  it("gives the first of very many, and says from when on to ask for the others", async () => {
    const all = Array.from({ length: 6_000 }, (_, n) => ({ at: NOW_MS - HOUR_MS + n, value: n, sensor: "a" }));
    const { get } = await open(({ fromMs, most }) => all.filter(({ at }) => at >= fromMs).slice(0, most));

    const first = (await get("")).json();
    const second = (await get(`from=${iso(first.next)}`)).json();

    expect([first.rows.length, second.rows.length, second.next]).toEqual([5_000, 1_000, null]);
    expect(second.rows[0]).toEqual([NOW_MS - HOUR_MS + 5_000, 5_000, "a"]);
  });

  it.each([
    ["field=anything", 400],
    ["from=soon", 400],
    ["from=2019-12-31", 400],
    [`from=${iso(NOW_MS + HOUR_MS)}`, 400],
    [`from=${iso(NOW_MS - 6 * HOUR_MS - 1)}`, 400],
    [`from=${iso(NOW_MS - 6 * HOUR_MS)}`, 200],
  ])("answers %s with %d: long spans never read single values", async (query, status) => {
    const { asked, get } = await open();

    const answer = await get(query);

    expect(answer.statusCode).toBe(status);
    expect(asked).toHaveLength(status === 200 ? 1 : 0);
  });

  it("says what to ask instead where the span is too long, and 404 for a station that nobody registered", async () => {
    const { get } = await open();

    expect((await get("from=2026-01-01")).json().message).toContain("longer spans are in the averages");
    expect((await get("", "st-9")).statusCode).toBe(404);
  });

  it("says 503 with the store's own wish while the store is down, and counts among the open requests", async () => {
    const { get } = await open(() => {
      throw new StoreUnavailable("connection refused by 10.0.0.7", { retryAfterMs: 2500 });
    }, 1);

    const answer = await get("");

    expect([answer.statusCode, answer.headers["retry-after"]]).toEqual([503, "3"]);
    expect(answer.json()).toMatchObject({ code: "store-unavailable" });
    expect(answer.body).not.toContain("10.0.0.7");
    expect((await get("")).statusCode).toBe(429);
  });
});
