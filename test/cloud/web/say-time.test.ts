import { describe, expect, it } from "vitest";
import { createFormat } from "../../../cloud/web/page/format.ts";
import { sayTime } from "../../../cloud/web/page/say-time.ts";
import { words } from "../../../cloud/web/page/words.ts";

const AT = Date.UTC(2026, 8, 21, 12, 5);
const speech = (language: "ru" | "en") => ({ words: words[language], format: createFormat(language, "UTC") });

describe("sayTime", () => {
  it("says how far a derived time may be off, and a known or unknown one as it is", () => {
    const said = ([atMs, errorMs]: readonly [number | null, number | null]) => sayTime(speech("en"), atMs, errorMs);

    expect(said([AT, 300_360])).toBe("about 21 Sept, 12:05 (± 6 min)");
    expect(said([AT, 2_001])).toBe("about 21 Sept, 12:05 (± 3 s)");
    expect(said([AT, null])).toBe("21 Sept, 12:05");
    expect(said([null, 2_000])).toBe("time unknown");
  });

  it("says it in Russian", () => {
    expect(sayTime(speech("ru"), AT, 300_000)).toMatch(/^около 21 сент\.?, 12:05 \(± 5 мин\)$/);
  });
});
