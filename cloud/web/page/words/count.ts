/** Chooses the Russian form for a count: 1 пост, 2 поста, 5 постов. */
export function russianCount(count: number, one: string, few: string, many: string): string {
  const form = new Intl.PluralRules("ru").select(count);
  return `${count} ${form === "one" ? one : form === "few" ? few : many}`;
}

/** The length of a window in the largest unit that does not hide it. */
export function lengthOf(ms: number): { readonly count: number; readonly unit: "second" | "minute" | "hour" } {
  const seconds = Math.round(ms / 1_000);
  if (seconds < 60) return { count: Math.max(1, seconds), unit: "second" };
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? { count: minutes, unit: "minute" } : { count: Math.round(minutes / 60), unit: "hour" };
}

/** A length in Russian, in the accusative: «среднее за 3 минуты». */
export const russianLength = {
  second: (count: number) => russianCount(count, "секунду", "секунды", "секунд"),
  minute: (count: number) => russianCount(count, "минуту", "минуты", "минут"),
  hour: (count: number) => russianCount(count, "час", "часа", "часов"),
};
