import { readFile } from "node:fs/promises";
import { AppError, messageOf } from "#kit/errors.ts";

/** A file that cannot be evaluated, in words for the person who named it. */
export class BadTable extends AppError {
  readonly code = "bad-table";
  readonly retry = false;
}

/** One row by the names of its columns (lower case, without spaces around); an empty cell is absent. */
export interface Row {
  /** In the file, 1 is the header. */
  readonly line: number;
  text(...names: readonly string[]): string | undefined;
  /** The first of these columns that holds a number; undefined where none does. */
  number(...names: readonly string[]): number | undefined;
}

export interface Table {
  readonly file: string;
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
  has(name: string): boolean;
}

/** Reads a table with a header: commas, semicolons or tabs, with or without quotes, a byte order mark, any line ends. */
export async function readTable(file: string): Promise<Table> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    throw new BadTable(`${file} cannot be read: ${messageOf(cause)}`, { cause });
  }
  return parseTable(file, text);
}

/** The same from a text. Throws `BadTable` for one without a header. */
export function parseTable(file: string, text: string): Table {
  const [head, ...lines] = cellsOf(text.replace(/^\uFEFF/, ""));
  if (head === undefined || head.cells.every((cell) => cell.trim() === "")) throw new BadTable(`${file} is empty`);
  const columns = head.cells.map((cell) => cell.trim().toLowerCase());
  const places = new Map(columns.map((name, i) => [name, i]));
  const rows = lines
    .filter(({ cells }) => cells.some((cell) => cell.trim() !== ""))
    .map(({ line, cells }): Row => {
      const cellOf = (name: string) => {
        const cell = cells[places.get(name.toLowerCase()) ?? -1]?.trim();
        return cell === "" ? undefined : cell;
      };
      return {
        line,
        text: (...names) => names.map(cellOf).find((cell) => cell !== undefined),
        number: (...names) => names.map((name) => numberOf(cellOf(name))).find((value) => value !== undefined),
      };
    });
  return { file, columns, rows, has: (name) => places.has(name.toLowerCase()) };
}

/** A decimal number with either sign; undefined for anything else (`nan`, `NA`, words). */
export function numberOf(text: string | undefined): number | undefined {
  if (text === undefined || !/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

/** The separator that the header has most of, outside of quotes. */
function separatorOf(text: string): string {
  const head = (text.split(/[\r\n]/, 1)[0] ?? "").replace(/"[^"]*"/g, "");
  const counts = [",", ";", "\t"].map((mark) => ({ mark, count: head.split(mark).length }));
  return counts.toSorted((a, b) => b.count - a.count)[0]?.mark ?? ",";
}

/** RFC 4180, and forgiving: a quote may hold separators, line ends and doubled quotes. */
function cellsOf(text: string): readonly { readonly line: number; readonly cells: readonly string[] }[] {
  const separator = separatorOf(text);
  const rows: { line: number; cells: string[] }[] = [];
  if (!text.includes('"')) {
    return text.split(/\r\n|\n|\r/).map((line, i) => ({ line: i + 1, cells: line.split(separator) }));
  }
  let line = 1;
  let row = { line, cells: [] as string[] };
  let cell = "";
  let isQuoted = false;
  const endRow = () => {
    row.cells.push(cell);
    cell = "";
    rows.push(row);
  };
  for (let i = 0; i < text.length; i++) {
    const mark = text[i] ?? "";
    if (mark === "\n") line += 1;
    if (isQuoted) {
      if (mark !== '"') cell += mark;
      else if (text[i + 1] === '"') {
        cell += '"';
        i += 1;
      } else isQuoted = false;
    } else if (mark === '"' && cell.trim() === "") {
      cell = "";
      isQuoted = true;
    } else if (mark === separator) {
      row.cells.push(cell);
      cell = "";
    } else if (mark === "\n" || (mark === "\r" && text[i + 1] !== "\n")) {
      if (mark === "\r") line += 1;
      endRow();
      row = { line, cells: [] };
    } else if (mark !== "\r") cell += mark;
  }
  if (cell !== "" || row.cells.length > 0) endRow();
  return rows;
}

/** Names of time zones that recordings use, in hours ahead of UTC. */
const ZONES: ReadonlyMap<string, number> = new Map([
  ["utc", 0],
  ["gmt", 0],
  ["z", 0],
  ["eat", 3],
  ["msk", 3],
  ["yekt", 5],
  ["cet", 1],
  ["cest", 2],
  ["est", -5],
  ["edt", -4],
]);

/**
 * A moment as recordings write it, UTC ms: `2020-07-15 13:39:56 EAT`, ISO 8601, or Unix seconds or ms. One without a zone is `hoursAhead`
 * of UTC. undefined for anything else.
 */
export function momentOf(text: string | undefined, hoursAhead: number): number | undefined {
  const unix = numberOf(text);
  if (unix !== undefined) return unix > 1e11 ? unix : unix > 1e8 ? unix * 1000 : undefined;
  const found = /^(\d{4})-(\d\d?)-(\d\d?)(?:[ T](\d\d?):(\d\d)(?::(\d\d)(?:\.\d+)?)?)?\s*(.*)$/.exec(text ?? "");
  if (found === null) return undefined;
  const [, year, month, day, hour = "0", minute = "0", second = "0", zone = ""] = found;
  const offset = offsetOf(zone.trim().toLowerCase(), hoursAhead);
  if (offset === undefined) return undefined;
  const local = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
  return local - offset * 3_600_000;
}

function offsetOf(zone: string, hoursAhead: number): number | undefined {
  if (zone === "") return hoursAhead;
  const signed = /^(?:utc|gmt)?([+-])(\d\d?):?(\d\d)?$/.exec(zone);
  if (signed === null) return ZONES.get(zone);
  const [, sign, hours, minutes = "0"] = signed;
  return (sign === "-" ? -1 : 1) * (Number(hours) + Number(minutes) / 60);
}
