import { z } from "zod";
import { Bilingual } from "#contract/registry.ts";
import { adviceFile, adviceFor, PeopleGroup } from "../air/standards/advice.ts";
import { standardOf, standards } from "../air/standards/all-standards.ts";
import { convert } from "../air/standards/convert.ts";
import { sayRule, sayWhy } from "../air/standards/explain.ts";
import { type Asked, indexOf, type Judgement, judge, MOST_VALUE, type NoJudgement } from "../air/standards/index-of.ts";
import { type Nowcast, nowcastOzone, nowcastPm } from "../air/standards/nowcast.ts";
import { Averaging, Category, Standard, Substance, Unit } from "../air/standards/standard.ts";
import { type Api, badRequest, missing, tooMany } from "./api.ts";
import { ApiError, notFound } from "./errors.ts";
import { letAnySiteRead } from "./open-headers.ts";
import type { RateLimit } from "./rate-limit.ts";

/** Standards change with a release. */
const KEEP_AN_HOUR = "public, max-age=3600";

/** A number as people write it; `Number("")` would be 0. */
const Decimal = z
  .string()
  .regex(/^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?$/, "must be a number, with a point")
  .transform(Number)
  .refine((value) => Math.abs(value) <= MOST_VALUE, `must lie between -${MOST_VALUE} and ${MOST_VALUE}`);

const StandardSummary = z.object({
  id: z.string(),
  version: z.string(),
  name: Bilingual,
  shortName: Bilingual,
  status: z.enum(["current", "former", "derived"]),
  date: z.string(),
  source: z.string(),
  note: Bilingual,
  tables: z.array(
    z.object({
      pollutant: z.string(),
      averaging: Averaging,
      unit: Unit,
      alsoFor: z.array(Averaging),
      indicativeFor: z.array(Averaging),
      minCoverage: z.number().nullable(),
    }),
  ),
  categories: z.array(Category),
});

const Advice = z.object({ group: PeopleGroup, name: Bilingual, isSensitive: z.boolean(), text: Bilingual });

const IndexView = z.object({
  standard: z.object({ id: z.string(), version: z.string(), name: Bilingual, source: z.string() }),
  pollutant: z.string(),
  averaging: Averaging,
  value: z.number(),
  unit: Unit,
  index: z.number().nullable().describe("null where the standard has no number, or says nothing: see why"),
  multiple: z.number().nullable().describe("of the limit, to a hundredth"),
  category: Category.nullable(),
  isIndicative: z.boolean().describe("the standard is not made for this averaging time: a hint only"),
  isAtLeast: z.boolean().describe("the number is a lower bound"),
  coverage: z.number().nullable(),
  rule: z
    .object({
      text: Bilingual,
      averaging: Averaging,
      rounding: z.string(),
      decimals: z.number().nullable(),
      rounded: z.number(),
      unit: Unit,
      from: z.number(),
      to: z.number().nullable(),
      index: z.array(z.number().nullable()).nullable(),
      limit: z.number().nullable(),
    })
    .nullable(),
  why: z.object({ code: z.string(), text: Bilingual }).nullable().describe("why the standard says nothing"),
  advice: z.object({ source: z.string(), groups: z.array(Advice) }).nullable(),
});

const NowcastAsked = z.object({
  pollutant: z.enum(["pm25", "pm10", "o3"]),
  hours: z
    .array(z.number().min(-MOST_VALUE).max(MOST_VALUE).nullable())
    .max(1_000)
    .describe("means of clock hours, null where there are too few data"),
  order: z.enum(["newest-first", "oldest-first"]).default("newest-first"),
  unit: z.enum(["ug/m3", "ppb"]).optional().describe("particles are µg/m³; ozone is ppb unless said"),
});

const NowcastView = z.object({
  pollutant: z.string(),
  value: z.number().nullable(),
  unit: Unit,
  untruncated: z.number().nullable(),
  weight: z.number().nullable(),
  hours: z.number().int(),
  of: z.number().int(),
  method: z.string(),
  rule: z.string(),
  index: z.number().nullable().describe("US EPA AQI of the value"),
  category: Category.nullable(),
});

/** Says what a standard says of a value, to anyone. */
export function addIndexRoutes(api: Api, limit: RateLimit): void {
  api.addHook("onRequest", letAnySiteRead);
  api.addHook("onRequest", limit);
  addStandardRoutes(api);

  api.get(
    "/api/v1/index",
    {
      schema: {
        tags: ["open"],
        summary: "What a standard says of one value, with the rule used; null rather than a guess",
        querystring: z.object({
          standard: z.string().max(32).default("us-epa-2024"),
          pollutant: Substance,
          value: Decimal,
          averaging: Averaging.optional().describe("absent: the first that the standard has for the substance"),
          unit: Unit.optional().describe("absent: µg/m³, and mg/m³ for carbon monoxide"),
          coverage: Decimal.pipe(z.number().min(0).max(1)).optional().describe("share of the time that was measured"),
        }),
        response: { 200: IndexView, ...badRequest, ...missing, ...tooMany },
      },
    },
    async ({ query: { standard: id, averaging, pollutant, value, unit, coverage } }, reply) => {
      const standard = standardOf(id);
      if (standard === undefined) throw notFound(`standard: there are ${standards.map((one) => one.id).join(", ")}`);
      const first = standard.tables.find((table) => table.pollutant === pollutant);
      const asked: Asked = {
        pollutant,
        value,
        averaging: averaging ?? first?.averaging ?? "now",
        coverage: coverage ?? null,
        ...(unit !== undefined && { unit }),
      };
      const judged = judge(standard, asked);
      if ("none" in judged) refuseWrong(judged.none, standard, asked);
      void reply.header("cache-control", KEEP_AN_HOUR);
      return indexView(standard, asked, judged);
    },
  );

  api.post(
    "/api/v1/nowcast",
    {
      schema: {
        tags: ["open"],
        summary: "The NowCast of particles (12 hours) or ozone (8 hours), with the rule used",
        body: NowcastAsked,
        response: { 200: NowcastView, ...badRequest, ...tooMany },
      },
    },
    async ({ body }) => nowcastView(body),
  );
}

function addStandardRoutes(api: Api): void {
  api.get(
    "/api/v1/standards",
    {
      schema: {
        tags: ["open"],
        summary: "All standards: substances, averaging times, categories with colours, sources",
        response: { 200: z.object({ standards: z.array(StandardSummary) }), ...tooMany },
      },
    },
    async (_request, reply) => {
      void reply.header("cache-control", KEEP_AN_HOUR);
      return { standards: standards.map(summaryOf) };
    },
  );

  api.get(
    "/api/v1/standards/:id",
    {
      schema: {
        tags: ["open"],
        summary: "One standard whole: every table with its bands",
        params: z.object({ id: z.string().max(32) }),
        response: { 200: Standard, ...missing, ...tooMany },
      },
    },
    async ({ params: { id } }, reply) => {
      const standard = standardOf(id);
      if (standard === undefined) throw notFound("standard");
      void reply.header("cache-control", KEEP_AN_HOUR);
      return standard;
    },
  );
}

function summaryOf({ tables, ...standard }: Standard): z.infer<typeof StandardSummary> {
  const { id, version, name, shortName, status, date, source, note, categories } = standard;
  const shown = tables.map(({ pollutant, averaging, unit, alsoFor, indicativeFor, minCoverage = null }) => {
    return { pollutant, averaging, unit, alsoFor, indicativeFor, minCoverage };
  });
  return { id, version, name, shortName, status, date, source, note, categories, tables: shown };
}

/** A question that no value could answer is the asker's mistake: say what would do. */
function refuseWrong(why: NoJudgement, standard: Standard, { pollutant }: Asked): void {
  const ofIt = standard.tables.filter((table) => table.pollutant === pollutant);
  const substances = [...new Set(standard.tables.map((table) => table.pollutant))].join(", ");
  const times = ofIt.flatMap(({ averaging, alsoFor, indicativeFor }) => [averaging, ...alsoFor, ...indicativeFor]);
  if (why === "unknown-pollutant") throw wrong(`${standard.id} has no ${pollutant}; it has ${substances}`);
  if (why === "wrong-averaging") {
    throw wrong(`${standard.id} judges ${pollutant} over ${[...new Set(times)].join(", ")}`);
  }
  if (why === "unit-cannot-be-converted") throw wrong(`${pollutant} cannot be given in this unit`);
}

const wrong = (message: string): ApiError => new ApiError(400, "bad-request", message);

function indexView(
  standard: Standard,
  { pollutant, averaging, value, unit, coverage = null }: Asked,
  judged: Judgement | { readonly none: NoJudgement },
): z.infer<typeof IndexView> {
  const { id, version, name, source } = standard;
  const asked = {
    standard: { id, version, name, source },
    pollutant,
    averaging,
    value,
    unit: unit ?? (pollutant === "co" ? "mg/m3" : "ug/m3"),
    coverage,
  } as const;
  if ("none" in judged) {
    const why = { code: judged.none, text: sayWhy(judged.none) };
    return { ...asked, ...NOTHING, why };
  }
  const { index, multiple, category, isIndicative, isAtLeast, rule, rounded } = judged;
  const { index: numbers, ...found } = rule;
  return {
    ...asked,
    index,
    multiple,
    category,
    isIndicative,
    isAtLeast,
    rule: {
      text: sayRule(judged),
      ...found,
      rounded,
      unit: judged.unit,
      index: numbers === null ? null : [...numbers],
    },
    why: null,
    advice: { source: adviceFile.source.en, groups: adviceOf(category) },
  };
}

const NOTHING = {
  index: null,
  multiple: null,
  category: null,
  isIndicative: false,
  isAtLeast: false,
  rule: null,
  advice: null,
} as const;

function adviceOf({ severity }: Category): z.infer<typeof Advice>[] {
  return adviceFile.groups.flatMap(({ id, name, isSensitive }) => {
    const text = adviceFor(severity, id);
    return text === null ? [] : [{ group: id, name, isSensitive, text }];
  });
}

/** ppb and µg/m³ of ozone are made of each other as the EPA does, at 25 °C. */
const EPA_CELSIUS = 25;

function nowcastView({ pollutant, hours, order, unit }: z.infer<typeof NowcastAsked>): z.infer<typeof NowcastView> {
  const newestFirst = order === "newest-first" ? hours : hours.toReversed();
  const standard = standardOf("us-epa-2024");
  if (pollutant !== "o3") {
    if (unit === "ppb") throw wrong("particles are given in µg/m³");
    const made = nowcastPm(pollutant, newestFirst);
    const judged =
      made.value === null || standard === undefined ? null : indexOf(standard, pollutant, "nowcast", made.value);
    return viewOf(pollutant, "ug/m3", made, judged);
  }
  const ppb = newestFirst.map((hour) =>
    hour === null || unit !== "ug/m3" ? hour : (convert("o3", hour, ["ug/m3", "ppb"], EPA_CELSIUS) ?? null),
  );
  const made = nowcastOzone(ppb);
  const judged =
    made.value === null || standard === undefined
      ? null
      : judge(standard, { pollutant, averaging: "nowcast", value: made.value, unit: "ppb" });
  return viewOf(pollutant, "ppb", made, judged === null || "none" in judged ? null : judged);
}

const METHOD: Readonly<Record<Nowcast["method"], string>> = {
  pm: "EPA NowCast: 12 hours, weight min/max but at least 0.5, two of the three newest hours needed (forum.airnowtech.org/t/172)",
  "ozone-weights-2016":
    "the EPA's ozone NowCast of 2016–2019: 8 hours, weight min/max, two of the three newest hours needed (forum.airnowtech.org/t/151)",
  "ozone-surrogate-2019":
    "the EPA's surrogate of 2019: 0.85 of the newest of three hours and 4.5 ppb (forum.airnowtech.org/t/356)",
  none: "null: too few of the three newest hours are there",
};

function viewOf(pollutant: string, unit: Unit, made: Nowcast, judged: Judgement | null): z.infer<typeof NowcastView> {
  const { value, untruncated, weight, hours, of, method } = made;
  const found = { index: judged?.index ?? null, category: judged?.category ?? null };
  return { pollutant, value, unit, untruncated, weight, hours, of, method, rule: METHOD[method], ...found };
}
