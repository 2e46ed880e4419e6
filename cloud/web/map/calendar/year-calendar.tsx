import { useSignal } from "@preact/signals";
import { useMemo, useRef } from "preact/hooks";
import { type AverageRow, AverageSeries } from "../../../http/schemas.ts";
import { ask } from "../../page/api.ts";
import { locales } from "../../page/format.ts";
import { type Speech, useSpeech } from "../../page/language.ts";
import { FetchNotice } from "../../page/notice.tsx";
import { useFetched } from "../../page/use-fetched.ts";
import { sayValue } from "../card/say-value.ts";
import { colourOf, type Lens, labelOf } from "../station/air-view.ts";
import { inkOn } from "../station/ink.ts";
import { countDays, type Day, dayAfterKey, daysOfYear, monthsOf } from "./year.ts";
import "./calendar.css";

const DAY_MS = 86_400_000;

/** Where the days of a year are fetched, with room for every time zone. */
export function yearPath(station: string, pollutant: string, year: number): string {
  const from = new Date(Date.UTC(year, 0, 1) - DAY_MS).toISOString();
  const to = new Date(Date.UTC(year + 1, 0, 1) + DAY_MS).toISOString();
  return `/api/v1/stations/${station}/averages?${new URLSearchParams({ pollutant, average: "h24", from, to })}`;
}

/** The averages of the days of a year; undefined until they have come. */
function useDays(station: string, pollutant: string, year: number) {
  const path = yearPath(station, pollutant, year);
  const fetchDays = async (): Promise<readonly AverageRow[]> =>
    (await ask(AverageSeries, path)).body.stations[0]?.rows ?? [];
  const { value: rows, trouble, retry } = useFetched(path, fetchDays);
  return { rows, trouble, retry };
}

/** One day in a sentence. */
function sayDay({ words, format, name, language }: Speech, day: Day, lens: Lens): string {
  const date = new Intl.DateTimeFormat(locales[language], { day: "numeric", month: "long", timeZone: "UTC" });
  const when = date.format(Date.parse(day.date));
  if (day.value === undefined) return `${when}: ${words.air.chartGap}`;
  const said = day.judgement !== null ? name(day.judgement.category.name) : words.air.whyShort[day.why ?? "no-value"];
  const parts = [
    ...(day.value === null ? [] : [sayValue({ words, format, name, language }, day.value, lens.choice.pollutant)]),
    said,
    ...(day.isDoubtful ? [words.air.chartDoubtful] : []),
    words.air.coverageOf(format.percent(day.coverage)),
  ];
  return `${when}: ${parts.join(", ")}`;
}

interface CellProps {
  readonly day: Day;
  readonly lens: Lens;
  readonly isChosen: boolean;
  onChoose(): void;
}

/** A day, named by what is seen of it and described in a sentence: its number in the month, its index or concentration, its colour, and stripes where it is doubtful. */
function Cell({ day, lens, isChosen, onChoose }: CellProps) {
  const speech = useSpeech();
  const colour = day.judgement === null ? null : colourOf(day.judgement, lens.isSafe);
  const value = day.value ?? null;
  const label =
    value === null ? "" : labelOf(day.judgement, { at: 0, value, coverage: day.coverage, confidence: 1, flags: [] });
  return (
    <button
      type="button"
      class="day"
      data-date={day.date}
      data-doubtful={day.isDoubtful}
      data-known={day.value !== undefined}
      tabIndex={isChosen ? 0 : -1}
      aria-pressed={isChosen}
      title={sayDay(speech, day, lens)}
      style={colour === null ? undefined : { "--colour": `#${colour}`, "--on-colour": `#${inkOn(colour)}` }}
      onClick={onChoose}
    >
      <small>{Number(day.date.slice(8))}</small> <span>{label}</span>
    </button>
  );
}

interface YearCalendarProps {
  readonly station: string;
  readonly lens: Lens;
  readonly nowMs: number;
}

/** The calendar behind one press: it is fetched only when it is opened. */
export function CalendarOfYear(props: YearCalendarProps) {
  const { words } = useSpeech();
  const isOpen = useSignal(false);
  return (
    <details
      class="calendar-of-year"
      onToggle={(event) => {
        isOpen.value = event.currentTarget.open;
      }}
    >
      <summary>{words.calendar.title}</summary>
      {isOpen.value && <YearCalendar {...props} />}
    </details>
  );
}

/** Every day of a year by the chosen standard: numbers, colours, words, and one tab stop with arrows. */
function YearCalendar({ station, lens, nowMs }: YearCalendarProps) {
  const speech = useSpeech();
  const { words, language } = speech;
  const today = new Date(nowMs).toISOString().slice(0, 10);
  const year = useSignal(Number(today.slice(0, 4)));
  const chosen = useSignal<string | null>(null);
  const grid = useRef<HTMLDivElement>(null);
  const { pollutant } = lens.choice;
  const { rows, trouble, retry } = useDays(station, pollutant, year.value);
  const days = useMemo(
    () => daysOfYear(year.value, today, rows ?? [], { standard: lens.standard, pollutant }),
    [year.value, today, rows, lens.standard, pollutant],
  );
  const index = Math.max(
    0,
    days.findIndex(({ date }) => date === chosen.value),
  );
  const move = (event: KeyboardEvent): void => {
    const next = dayAfterKey(days, index, event.key);
    const date = next === null ? undefined : days[next]?.date;
    if (date === undefined) return;
    event.preventDefault();
    chosen.value = date;
    grid.current?.querySelector<HTMLElement>(`[data-date="${date}"]`)?.focus();
  };
  const month = new Intl.DateTimeFormat(locales[language], { month: "long", timeZone: "UTC" });
  const weekday = new Intl.DateTimeFormat(locales[language], { weekday: "short", timeZone: "UTC" });
  const shown = days[index];
  const show = (next: number) => {
    year.value = next;
    chosen.value = null;
  };
  return (
    <div class="year">
      <div class="year-choice">
        <button
          type="button"
          class="button icon"
          aria-label={words.calendar.before}
          onClick={() => show(year.value - 1)}
        >
          <span aria-hidden="true">‹</span>
        </button>
        <strong>{year.value}</strong>
        <button
          type="button"
          class="button icon"
          aria-label={words.calendar.after}
          disabled={String(year.value) >= today.slice(0, 4)}
          onClick={() => show(year.value + 1)}
        >
          <span aria-hidden="true">›</span>
        </button>
      </div>
      {trouble !== null && <FetchNotice trouble={trouble} onRetry={retry} />}
      {rows === undefined ? (
        trouble === null && <p class="empty">{words.loading}</p>
      ) : (
        <>
          <YearInWords days={days} lens={lens} />
          <p class="day-said" role="status">
            {chosen.value !== null && shown !== undefined && sayDay(speech, shown, lens)}
          </p>
          {/* biome-ignore lint/a11y/noStaticElementInteractions: arrows move within, each day is a button of its own */}
          <div ref={grid} onKeyDown={move}>
            {monthsOf(days).map(({ month: name, weeks }) => (
              <table key={name}>
                <caption>{month.format(Date.parse(`${name}-01`))}</caption>
                <thead>
                  <tr>
                    {Array.from({ length: 7 }, (_, i) => (
                      // 5 January 1970 was a Monday.
                      <th key={i} scope="col">
                        {weekday.format((4 + i) * DAY_MS)}
                      </th>
                    ))}
                  </tr>
                </thead>
                <tbody>
                  {weeks.map((week, i) => (
                    <tr key={i}>
                      {week.map((day, j) => (
                        <td key={day?.date ?? j}>
                          {day !== null && (
                            <Cell
                              day={day}
                              lens={lens}
                              isChosen={day === shown}
                              onChoose={() => {
                                chosen.value = day.date;
                              }}
                            />
                          )}
                        </td>
                      ))}
                    </tr>
                  ))}
                </tbody>
              </table>
            ))}
          </div>
        </>
      )}
    </div>
  );
}

/** The year in a sentence: how many days of each category, and the worst one. */
function YearInWords({ days, lens }: { readonly days: readonly Day[]; readonly lens: Lens }) {
  const speech = useSpeech();
  const { words, name } = speech;
  const { measured, counts, worst } = countDays(lens.standard, days);
  if (measured === 0) return <p class="empty">{words.map.chartEmpty}</p>;
  return (
    <>
      <p>
        {words.calendar.measured(measured, days.length)}
        {counts.length > 0 &&
          `: ${counts.map(({ category, count }) => `${name(category.name).toLowerCase()} ${count}`).join(", ")}`}
        .
      </p>
      {worst !== undefined && <p>{words.calendar.worst(sayDay(speech, worst, lens))}</p>}
      <p class="honest">{words.calendar.hint}</p>
      {counts.length === 0 && <p class="honest">{words.calendar.unjudged}</p>}
    </>
  );
}
