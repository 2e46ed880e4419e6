/** Rows of one form as a table in Markdown: a column for each member, numbers as short as they say something. */
export function describeRows(title: string, rows: readonly object[]): string {
  const [first] = rows;
  if (first === undefined) return `${title}: nothing was measured`;
  const names = Object.keys(first);
  return [
    `| ${title} | ${names.slice(1).map(inWords).join(" | ")} |`,
    `|${names.map(() => " --- |").join("")}`,
    ...rows.map((row) => `| ${Object.values(row).map(shortly).join(" | ")} |`),
  ].join("\n");
}

/** `writtenP99` as `written p99`. */
const inWords = (name: string): string => name.replaceAll(/([A-Z])/g, (letter) => ` ${letter.toLowerCase()}`);

function shortly(value: unknown): string {
  if (typeof value !== "number") return String(value);
  if (Number.isNaN(value)) return "–";
  if (Number.isInteger(value)) return String(value);
  return Math.abs(value) < 10 ? value.toFixed(2) : value.toFixed(0);
}
