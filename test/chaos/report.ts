/** What one part of the run has to say. */
export interface Report {
  readonly part: number;
  readonly title: string;
  /** One for each broker; the names are the table's head. */
  readonly rows: readonly Readonly<Record<string, string | number>>[];
  /** Promises of our gateway that were not kept. */
  readonly broken: readonly string[];
  /** Why it was not run, where it was not. */
  readonly skipped?: string;
}

/** The rows as a table in Markdown. */
export function tableOf({ rows }: Report): string {
  const names = Object.keys(rows[0] ?? {});
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(" | ")} |`;
  const body = rows.map((row) => line(names.map((name) => row[name] ?? "")));
  return [line(names), line(names.map(() => "---")), ...body].join("\n");
}

/** The promises that hold whatever happens: nothing acknowledged is lost, and everything is acknowledged in the end. */
export function brokenOf({ lost, unacknowledged }: { readonly lost: number; readonly unacknowledged: number }) {
  return [
    ...(lost === 0 ? [] : [`${lost} acknowledged messages were lost`]),
    ...(unacknowledged === 0 ? [] : [`${unacknowledged} messages were never acknowledged`]),
  ];
}
