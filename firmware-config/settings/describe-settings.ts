import { z } from "zod";
import { EdgeConfig } from "./edge-settings.ts";
import { GatewayConfig } from "./gateway-settings.ts";
import { TWIN_SETTINGS, twinSettingOf } from "./twin-settings.ts";

/** One program's part of the page. */
interface Program {
  readonly title: string;
  readonly schema: z.ZodObject;
  /** How the cloud may change a setting of it; empty where it may not. */
  readonly twin: (name: string) => string;
}

/** The unit that a setting's name ends in (style: numbers end in their unit). */
const UNITS: readonly (readonly [ending: RegExp, unit: string])[] = [
  [/_S$/, "s"],
  [/_MS$/, "ms"],
  [/_MIN$/, "min"],
  [/_BYTES$|^RATE_BYTES$/, "bytes"],
];
const unitOf = (name: string): string => UNITS.find(([ending]) => ending.test(name))?.[1] ?? "";

/** `SETTINGS.md`: every setting of the programs on devices, from the schemas alone. */
export function describeSettings(): string {
  const programs: readonly Program[] = [
    { title: "edge (the device)", schema: EdgeConfig, twin: twinOf },
    { title: "gateway (the broker)", schema: GatewayConfig, twin: () => "" },
  ];
  const head = `# Settings

Made from \`firmware-config/settings\` by \`npm run -s settings:docs\`; do not edit. All of them are environment variables; an
empty one counts as not set. *Twin*: how the cloud may change it on a running device (\`live\` at once, \`reconnect\` on trial with a
new connection, \`restart\` when the program starts again), with the bounds that hold for the cloud; empty: not at all.
`;
  return [head, ...programs.map(sectionOf), fromOutside()].join("\n");
}

/** The settings of the twin with the eyes of an attacker. */
function fromOutside(): string {
  const rows = Object.entries(TWIN_SETTINGS).map(([name, { worst }]) => `| \`${name}\` | ${worst} |`);
  return `## What the cloud may change on a device, and the worst that whoever holds it can do

None of these opens the device to others, forges its time or its photos, fills its disk or wears its card beyond what is said here,
or silences it for good. Not from outside: who the device is, what it signs in with, whom it trusts (\`BROKER_CA\`,
\`UPDATE_KEYS\`), where its data lies, and where its time comes from (\`CLOCK\`, \`GPSD\`: satellites count more than anything else). A twin
is decided on eight times at once and then once a minute (some 5 kB written each time, 7 MB a day); the program starts
again for it once in \`TWIN_TRIAL_MIN\`.

| Setting | The worst |
| --- | --- |
${rows.join("\n")}
`;
}

/** `live, from 5 to 3600`. */
function twinOf(name: string): string {
  const may = twinSettingOf(name);
  if (may === undefined) return "";
  const { use, least, most } = may;
  const bounds = [...(least === undefined ? [] : [`from ${least}`]), ...(most === undefined ? [] : [`to ${most}`])];
  return [use, ...(bounds.length === 0 ? [] : [bounds.join(" ")])].join(", ");
}

function sectionOf({ title, schema, twin }: Program): string {
  const rows = Object.entries(schema.shape).map(([name, field]) => {
    const description = z.globalRegistry.get(field)?.description ?? "";
    const cells = [`\`${name}\``, description, defaultOf(field), rangeOf(name, field), twin(name)];
    return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  });
  const table = ["| Setting | What | Default | Unit, range | Twin |", "| --- | --- | --- | --- | --- |", ...rows];
  return `## ${title}\n\n${table.join("\n")}\n`;
}

function defaultOf(field: z.core.$ZodType): string {
  const empty = z.safeParse(field, undefined);
  if (!empty.success) return "required";
  if (empty.data === undefined) return "not set";
  return empty.data === "" ? "empty" : `\`${String(empty.data)}\``;
}

const Limits = z.object({
  type: z.string().optional(),
  enum: z.array(z.unknown()).optional(),
  minimum: z.number().optional(),
  exclusiveMinimum: z.number().optional(),
  maximum: z.number().optional(),
});

/** What the schema allows, as far as it can be said in a few words. */
function rangeOf(name: string, field: z.core.$ZodType): string {
  const limits = Limits.safeParse(z.toJSONSchema(field, { io: "output", unrepresentable: "any" }));
  if (!limits.success) return "";
  const { type, enum: words, minimum, exclusiveMinimum, maximum } = limits.data;
  if (words !== undefined) return words.join(", ");
  if (type === "boolean") return "true, false";
  if (type !== "number" && type !== "integer") return unitOf(name);
  const least = exclusiveMinimum === undefined ? minimum : undefined;
  // Zod says of every whole number that it is a safe one.
  const most = maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum;
  const range = [
    ...(exclusiveMinimum === undefined ? [] : [`more than ${exclusiveMinimum}`]),
    ...(least === undefined || least === Number.MIN_SAFE_INTEGER ? [] : [`from ${least}`]),
    ...(most === undefined ? [] : [`to ${most}`]),
  ].join(" ");
  const unit = unitOf(name);
  return [...(unit === "" ? [] : [unit]), ...(range === "" ? [] : [range])].join(", ");
}
