import type { InspectReport } from "./report.ts";

type Row = readonly (string | number)[];

/** A report as tables for a terminal. */
export function reportText({ from, journal, cursors, sessions, retained }: InspectReport): string {
  const source = from === "gateway" ? "the running gateway" : "the journal's file; no gateway has it open";
  const health = journal.isHealthy ? "" : "; THE DISK DOES NOT TAKE WHAT COMES";
  const classes = journal.classes.map((row): Row => [row.class, row.pending, row.oldest ?? "-", age(row.oldestS)]);
  return [
    `From ${source}. Newest record: ${journal.newest}${health}`,
    table(["class", "pending", "oldest", "for"], classes),
    table(
      ["reader", "class", "stands at", "behind"],
      cursors.map((row): Row => [row.reader, row.class, row.at, journal.newest - row.at]),
    ),
    "(behind: how far the newest number of all classes is ahead)",
    ...(from === "gateway" ? [sessionsText(sessions)] : []),
    `Retained messages: ${retained.of}`,
    table(
      ["topic", "bytes"],
      retained.list.map(({ topic, bytes }): Row => [topic, bytes]),
    ),
    "",
  ].join("\n");
}

function sessionsText({ of, list }: InspectReport["sessions"]): string {
  const rows = list.map((row): Row => [row.client, row.role, row.address, row.unsentBytes]);
  return `Connections: ${of}\n${table(["client", "role", "address", "unsent bytes"], rows)}`;
}

function age(seconds: number | null): string {
  if (seconds === null) return "-";
  if (seconds < 120) return `${Math.round(seconds)} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}

function table(head: Row, rows: readonly Row[]): string {
  if (rows.length === 0) return "  none";
  const all = [head, ...rows].map((row) => row.map(String));
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all
    .map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd())
    .join("\n");
}
