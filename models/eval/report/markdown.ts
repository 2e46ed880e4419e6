import type { Estimate } from "../statistics.ts";

/** A table; cells are written as they are. */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** A figure of three places; a dash for none. */
export const figure = (value: number, places = 3): string => (Number.isFinite(value) ? value.toFixed(places) : "–");

/** A figure with its 95 % interval. */
export const estimate = ({ value, low, high }: Estimate): string =>
  Number.isFinite(value) ? `${figure(value)} (${figure(low)}–${figure(high)})` : "–";

/** The same with the number of cases. */
export const estimateOf = (one: Estimate): string => (one.n === 0 ? "–" : `${estimate(one)} of ${one.n}`);
