import { describe, expect, it } from "vitest";
import { fieldName, unitName } from "../../../cloud/web/page/field.ts";
import { createFormat } from "../../../cloud/web/page/format.ts";
import { chooseLanguage, createLanguageChoice } from "../../../cloud/web/page/language.ts";
import type { Memory } from "../../../cloud/web/page/memory.ts";
import { words } from "../../../cloud/web/page/words.ts";

function aMemory(): Memory {
  const kept = new Map<string, string>();
  return { read: (key) => kept.get(key) ?? null, write: (key, value) => void kept.set(key, value) };
}

describe("the language of the pages", () => {
  it.each([
    ["what was chosen before", "en", ["ru-RU"], "en"],
    ["the browser's first wish", null, ["en-US", "ru"], "en"],
    ["a wish that we can fulfil", null, ["de-DE", "en"], "en"],
    ["Russian when there is none", null, ["de-DE"], "ru"],
    ["the browser's wish when memory holds nonsense", "xx", ["en"], "en"],
  ] as const)("is %s", (_, remembered, wishes, language) => {
    expect(chooseLanguage(remembered, wishes)).toBe(language);
  });

  it("is remembered after a switch", () => {
    const memory = aMemory();
    createLanguageChoice(memory, ["ru"]).toggle();

    expect(createLanguageChoice(memory, ["ru"]).speech.value.words.brand).toBe("Dvornik");
  });

  it("counts in Russian", () => {
    const { stationCount } = words.ru.map;

    expect([1, 2, 5, 11, 21, 22].map(stationCount)).toEqual([
      "1 пост",
      "2 поста",
      "5 постов",
      "11 постов",
      "21 пост",
      "22 поста",
    ]);
  });

  it("names fields and units, and leaves unknown ones as they are", () => {
    expect(fieldName(words.ru, "pm25")).toBe("PM2.5, мелкая пыль");
    expect(fieldName(words.ru, "pm1_cf1")).toBe("pm1_cf1");
    expect(unitName(words.ru, "µg/m³")).toBe("мкг/м³");
    expect(unitName(words.en, "lux")).toBe("lux");
  });
});

describe("dates and numbers", () => {
  const noonMs = Date.UTC(2026, 10, 22, 12, 5);

  it("show today's time alone and other days with their date", () => {
    const format = createFormat("en", "Asia/Yekaterinburg");

    expect(format.moment(noonMs, noonMs + 60_000)).toBe("17:05");
    expect(format.moment(noonMs, noonMs + 86_400_000)).toBe("22 Nov, 17:05");
  });

  it("follow the language", () => {
    expect(createFormat("ru").number(-7.44)).toBe("−7,4");
    expect(createFormat("en").number(12.34)).toBe("12.3");
    expect(createFormat("ru").percent(0.934)).toBe("93\u00a0%");
  });
});
