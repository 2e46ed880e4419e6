import type { Pollutant } from "../air/pollutants.ts";

const NAMES: Partial<Record<Pollutant, string>> = {
  pm25: "PM2.5",
  pm10: "PM10",
  pm1: "PM1",
  o3: "O₃",
  no2: "NO₂",
  so2: "SO₂",
};
const pollutant = (id: Pollutant): string => NAMES[id] ?? id.toUpperCase();

/** What the frame for other sites says. */
export const EMBED_WORDS = {
  en: {
    pollutant,
    average: { now: "now", m20: "20 min", h1: "1 hour", nowcast: "NowCast", h8: "8 hours", h24: "24 hours" },
    status: {
      late: "late: nothing new for some minutes",
      offline: "no new data",
      never: "no data yet",
    },
    doubtful: "doubtful: look at the station for the reasons",
    hint: "only a hint: this standard judges another mean",
    demo: "demo: a made-up place",
    unjudged: "No reliable value",
  },
  ru: {
    pollutant,
    average: { now: "сейчас", m20: "20 мин", h1: "1 час", nowcast: "NowCast", h8: "8 часов", h24: "сутки" },
    status: {
      late: "опаздывает: новых значений нет несколько минут",
      offline: "новых данных нет",
      never: "данных ещё нет",
    },
    doubtful: "сомнительно: причины на странице поста",
    hint: "только ориентир: стандарт судит по другому среднему",
    demo: "демо: место придумано",
    unjudged: "Нет надёжного значения",
  },
} as const;
