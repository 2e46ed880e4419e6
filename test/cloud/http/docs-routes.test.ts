import { describe, expect, it } from "vitest";
import { openRoutes } from "../../../cloud/http/docs-page.ts";
import { ROUTES_RU } from "../../../cloud/http/docs-words.ts";
import { httpParts, openHttp } from "../../support/http-fixture.ts";

describe("/docs", () => {
  it("tells every open route in both languages, and loads nothing", async () => {
    const { app, close } = await openHttp(httpParts());
    const page = async (lang: string) => (await app.inject({ url: `/docs?lang=${lang}` })).body;
    const openApi = (await app.inject({ url: "/api/openapi.json" })).json();

    const [english, russian] = [await page("en"), await page("ru")];
    const names = openRoutes(openApi, "en").map(({ name }) => name);

    expect(names).toEqual(
      expect.arrayContaining(["GET /api/v1/index", "GET /api/v1/open/stations.csv", "GET /api/v1/live"]),
    );
    expect(names.filter((name) => ROUTES_RU[name] === undefined)).toEqual([]);
    for (const name of names) expect(russian).toContain(`<code>${name}</code>`);
    expect(russian).toContain('<html lang="ru">');
    expect(russian).toContain("Town of the tests, air data, CC BY 4.0");
    expect(english).toContain(
      "At most 1000 requests in a minute from one address, of averages and moments of the past 10000",
    );
    for (const html of [english, russian]) expect(html).not.toMatch(/<(script|link|img|iframe)|src=/);
    await close();
  });

  it("speaks the reader's language, and believes no host that is markup", async () => {
    const { app, close } = await openHttp(httpParts());

    const russian = await app.inject({ url: "/docs", headers: { "accept-language": "ru-RU,ru;q=0.9" } });
    const hostile = await app.inject({ url: "/docs", headers: { host: "a'\"><script>" } });

    expect(russian.body).toContain("Открытые данные");
    expect(hostile.body).not.toContain("<script>");
    expect((await app.inject({ url: "/docs?lang=xx" })).statusCode).toBe(400);
    await close();
  });
});
