import { z } from "zod";
import type { Entity } from "./entities.ts";

const MOST = 1_000;
const USUAL = 100;

/** The options of a query that this service knows; any other is refused. */
export const Options = z.strictObject({
  $top: z.coerce
    .number()
    .int()
    .min(0)
    .default(USUAL)
    .transform((top) => Math.min(top, MOST))
    .describe(`so many entities, ${MOST} at most`),
  $skip: z.coerce.number().int().min(0).max(1_000_000).default(0),
  $count: z
    .enum(["true", "false"])
    .default("false")
    .transform((text) => text === "true"),
  $select: z.string().optional().describe("properties, with commas between"),
  $expand: z.string().optional().describe("is refused: follow the navigation links"),
  $orderby: z.string().optional().describe("of Observations: phenomenonTime asc (as it is unless said) or desc"),
  $filter: z
    .string()
    .optional()
    .describe("of Observations: phenomenonTime ge|gt|le|lt MOMENT, joined by and; of an hour its beginning counts"),
});
export type Options = z.infer<typeof Options>;

/** An option that the standard has and this service does not, or one that means nothing; `isKnown` tells which. */
export class BadOption extends Error {
  readonly isKnown: boolean;
  constructor(message: string, isKnown: boolean) {
    super(message);
    this.isKnown = isKnown;
  }
}

/** Whether the newest come first. Throws `BadOption`. */
export function isNewestFirst({ $orderby }: Pick<Options, "$orderby">): boolean {
  const found = /^\s*phenomenonTime(?:\s+(asc|desc))?\s*$/.exec($orderby ?? "phenomenonTime");
  if (found === null) throw new BadOption("Observations are ordered by phenomenonTime asc or desc only", true);
  return found[1] === "desc";
}

const CLAUSE = /^phenomenonTime\s+(ge|gt|le|lt)\s+(\S+)$/;

/** The range of beginnings that a filter leaves: `toMs` is not part of it. Throws `BadOption`. */
export function rangeIn(
  { $filter }: Pick<Options, "$filter">,
  whole: { readonly fromMs: number; readonly toMs: number },
): { readonly fromMs: number; readonly toMs: number } {
  let { fromMs, toMs } = whole;
  for (const clause of ($filter ?? "").split(/\s+and\s+/).filter((text) => text !== "")) {
    const [, relation, moment = ""] = CLAUSE.exec(clause.trim()) ?? [];
    if (relation === undefined) {
      throw new BadOption("a filter of Observations is phenomenonTime ge, gt, le or lt a moment, joined by and", true);
    }
    const at = /^\d{4}-\d\d-\d\d/.test(moment) ? Date.parse(moment) : Number.NaN;
    if (Number.isNaN(at)) throw new BadOption(`${moment} is no moment: 2026-11-22T10:00:00Z would be one`, false);
    if (relation === "ge" || relation === "gt") fromMs = Math.max(fromMs, relation === "ge" ? at : at + 1);
    else toMs = Math.min(toMs, relation === "lt" ? at : at + 1);
  }
  return { fromMs, toMs };
}

/** Only the properties that were asked for: `id` is `@iot.id`, a related set its link. Throws `BadOption`. */
export function selectedOf(entity: Entity, { $select }: Pick<Options, "$select">): Entity {
  if ($select === undefined) return entity;
  const names = $select.split(",").map((name) => name.trim());
  return Object.fromEntries(
    names.map((name) => {
      const key = [name, `@iot.${name}`, `${name}@iot.navigationLink`].find((one) => Object.hasOwn(entity, one));
      if (key === undefined) throw new BadOption(`there is no property ${name}`, false);
      return [key, entity[key]];
    }),
  );
}
