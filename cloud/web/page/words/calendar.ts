import { russianCount } from "./count.ts";

/** What the calendar of a year says, in English. */
export const calendarEn = {
  calendar: {
    title: "Calendar of the year",
    before: "The year before",
    after: "The year after",
    measured: (measured: number, all: number) => `${measured} of ${all} days measured`,
    worst: (day: string) => `The worst: ${day}.`,
    unjudged: "The chosen standard does not judge the mean of a day: the numbers are concentrations.",
    hint: "Each day shows its mean over 24 hours. Striped: doubtful. Dotted: not measured.",
  },
};

/** What the calendar of a year says, in Russian. */
export const calendarRu: typeof calendarEn = {
  calendar: {
    title: "Календарь года",
    before: "Предыдущий год",
    after: "Следующий год",
    measured: (measured, all) => `Измерено ${russianCount(measured, "день", "дня", "дней")} из ${all}`,
    worst: (day) => `Худший день: ${day}.`,
    unjudged: "Выбранный стандарт не судит по среднему за сутки: числа в клетках — концентрации.",
    hint: "В каждом дне среднее за сутки. Полосы: сомнительно. Точки: не измерено.",
  },
};
