import { describe, expect, it, onTestFinished } from "vitest";
import type { HttpParts } from "../../../cloud/http/http.ts";
import { indexRegistry } from "../../../cloud/registry/registry-index.ts";
import { aSample, httpParts, NOW_MS, openHttp, REGISTRY } from "../../support/http-fixture.ts";

/** Asks for the frame of a fixture with changed samples. */
async function open(change: Partial<HttpParts> = {}, samples = [aSample()]) {
  const parts = httpParts(change);
  parts.state.samples = samples;
  const { app, close } = await openHttp(parts);
  onTestFinished(close);
  return (query: string) => app.inject({ url: `/embed?${query}` });
}

describe("/embed", () => {
  it("is small, and carries no script, file or cookie", async () => {
    const ask = await open();

    const { statusCode, headers, body } = await ask("station=st-1&lang=en");

    expect(statusCode).toBe(200);
    expect(body.length).toBeLessThan(3_000);
    expect(body).not.toMatch(/<(script|link|img|iframe)|src=/);
    expect(headers["set-cookie"]).toBeUndefined();
    expect(body).toMatch(
      /101.*Unhealthy for sensitive groups.*PM2\.5 35\.5 µg\/m³, now.*07:59 UTC.*only a hint.*demo/s,
    );
  });

  it("may be framed by any site, and no other page may", async () => {
    const parts = httpParts();
    const { app, close } = await openHttp(parts);
    onTestFinished(close);

    const [embed, docs] = [await app.inject({ url: "/embed?station=st-1" }), await app.inject({ url: "/docs" })];

    expect(embed.headers["x-frame-options"]).toBeUndefined();
    expect(embed.headers["content-security-policy"]).toMatch(/default-src 'none'.*frame-ancestors \*/);
    expect(docs.headers["x-frame-options"]).toBe("DENY");
    expect(docs.headers["content-security-policy"]).toContain("frame-ancestors 'none'");
  });

  it("says what is doubted, and gives no colour to what cannot be relied on or is not of now", async () => {
    const notes = { model: null, corrected: {}, correction: null, flags: ["spike"], confidence: 0.2 };
    const doubted = await (await open({}, [aSample({ notes })]))("station=st-1&lang=en");
    const silent = await (await open({}, [aSample({ at: NOW_MS - 5 * 3_600_000 })]))("station=st-1&lang=en");
    const never = await (await open({}, []))("station=st-1&lang=ru");

    expect(doubted.body).toMatch(/>–<.*No reliable value.*doubtful/s);
    expect(silent.body).toMatch(/>–<.*03:00 UTC.*no new data/s);
    expect(never.body).toMatch(/>–<.*данных ещё нет/s);
    for (const { body } of [doubted, silent, never]) expect(body).toContain('class="mark" style="background:#e4e7e5"');
  });

  it("finds the nearest station that measures the substance and speaks", async () => {
    const stations = [0, 1, 2].map((n) => ({
      ...(REGISTRY.stations[0] ?? { tenant: "", municipality: "", demo: true }),
      id: `st-${n}`,
      name: { ru: `Пост ${n}`, en: `Post ${n}` },
      position: [61.4 + n / 10, 55.16] satisfies [number, number],
    }));
    const registry = { current: () => indexRegistry({ ...REGISTRY, stations }), trouble: () => null };
    const ask = await open({ registry }, [
      aSample({ station: "st-1", at: NOW_MS - 5 * 3_600_000 }),
      aSample({ station: "st-2" }),
    ]);

    expect((await ask("near=55.16,61.41&lang=en")).body).toContain("Post 2");
    expect((await ask("near=55.16,61.41&pollutant=no2")).statusCode).toBe(404);
  });

  it("takes no markup from a name or a question, and answers nonsense with a reason", async () => {
    const stations = REGISTRY.stations.map((one) => ({ ...one, name: { ru: "<script>x", en: "<script>x" } }));
    const registry = { current: () => indexRegistry({ ...REGISTRY, stations }), trouble: () => null };
    const ask = await open({ registry });

    expect((await ask("station=st-1")).body).not.toContain("<script>");
    expect((await ask("station=%3Cscript%3E")).statusCode).toBe(400);
    expect((await ask("near=1,2,3")).statusCode).toBe(400);
    expect((await ask("station=st-9")).statusCode).toBe(404);
    expect((await ask("")).statusCode).toBe(404);
    expect((await ask("station=st-1&standard=nobody")).statusCode).toBe(404);
  });
});
