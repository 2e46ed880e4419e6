/** A value of a CSV; null is an empty cell. */
export type Cell = string | number | boolean | null;

/** How spreadsheets recognise a formula; tab and line ends hide one behind them. */
const FORMULA = /^[=+\-@\t\r]/;

/**
 * One cell (RFC 4180). A text that a spreadsheet would run as a formula gets an apostrophe in front; numbers are numbers.
 */
export function cellOf(value: Cell): string {
  if (value === null) return "";
  if (typeof value !== "string") return String(value);
  const safe = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Lines of a CSV with what it is in front of it: each remark on a line of its own that begins with `#`. */
export function* csvLines(
  remarks: readonly string[],
  columns: readonly string[],
  rows: Iterable<readonly Cell[]>,
): Generator<string> {
  for (const remark of remarks) yield `# ${remark.replaceAll(/[\r\n]+/g, " ")}\r\n`;
  yield `${columns.map(cellOf).join(",")}\r\n`;
  for (const row of rows) yield `${row.map(cellOf).join(",")}\r\n`;
}
