import { parseArgs } from "node:util";
import { z } from "zod";
import type { NetworkFit } from "#contract/registry.ts";
import { AppError } from "#kit/errors.ts";
import { evaluateNetwork } from "./evaluate-network.ts";
import { evaluatePairs, type PairsReport } from "./evaluate-pairs.ts";
import { fitEntry, sayJudged, withFit, writeFit } from "./fit-entry.ts";
import { readDeviceAndReference, readPairs } from "./paired-hours.ts";
import { readNetwork } from "./read-network.ts";
import { networkText, pairsText } from "./report-text.ts";

const HELP = `npm run -s eval:air -- [--device FILE --reference FILE] [--pairs FILE] [--network DIR] [--fit NAME …] [--json]

  --device FILE      raw samples: created_at, field1 (PM2.5 of sensor 1), field3 (of sensor 2), field8 (climate, packed)
  --reference FILE   hours of a monitor beside it: Time, ConcHR(ug/m3), Status
  --pairs FILE       hours already joined: created_at, pm2_5, s2_pm2_5, humidity, temp, ref_pm2_5
                     of both: bias, RMSE, NRMSE and R² before and after each correction; fitted on the earlier 60 % of the
                     hours, judged on the later ones
  --network DIR      recordings of stations: id, time_stamp (Unix s), pm2.5_atm_a, pm2.5_atm_b, pm2.5_cf_1_a, pm2.5_cf_1_b,
                     temperature (°F), humidity, pressure; and a table of places: id, latitude, longitude
                     each check's findings, and how many of the faults that are put in are found
  --scale NAME       what the masses of --device and --pairs are: pm25_atm (default), pm25_cf1, pm25
  --utc-offset=H     hours ahead of UTC of times without a zone (default 3); west of Greenwich --utc-offset=-5 or -5
  --start-of-hour    the reference stamps the beginning of its hour, not the end
  --json             everything as JSON

To put a fit into force, of --device or of --pairs, not of both:
  --fit NAME         linear, humidity or climate: the fit of the report that is to be used
  --id NAME          what it is called in the registry: fit-…
  --model NAMES      the instruments that it was made with and will be used for, with commas: sds011
  --beside TEXT      what stood beside them: "Roshydromet post 23"
  --write FILE       the registry file of the cloud: it gets the fit (or its next version) and a rule for these instruments (rules for places stay in force);
                     without --write the entry is printed
  A fit that makes later hours worse, or gives no value for more than a quarter of them, is refused.`;

const OPTIONS = {
  device: { type: "string" },
  reference: { type: "string" },
  pairs: { type: "string" },
  network: { type: "string" },
  scale: { type: "string", default: "pm25_atm" },
  "utc-offset": { type: "string", default: "3" },
  fit: { type: "string" },
  id: { type: "string" },
  model: { type: "string" },
  beside: { type: "string" },
  write: { type: "string" },
  "start-of-hour": { type: "boolean", default: false },
  json: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

const Settings = z.object({
  scale: z.enum(["pm25_atm", "pm25_cf1", "pm25"]),
  "utc-offset": z.coerce.number().min(-14).max(14),
});

const Wanted = z.object({
  fit: z.enum(["linear", "humidity", "climate"]),
  id: z.string(),
  model: z.string().transform((text) => text.split(",").map((one) => one.trim())),
  beside: z.string(),
});

async function run(): Promise<number> {
  const { values } = parseArgs({ args: joinOffset(process.argv.slice(2)), options: OPTIONS, strict: true });
  const { device, reference, pairs, network } = values;
  if (values.help) return say(HELP);
  if (device === undefined && pairs === undefined && network === undefined)
    return fail(`nothing to evaluate\n\n${HELP}`);
  if ((device === undefined) !== (reference === undefined)) return fail("--device and --reference go together");
  const wanted = values.fit === undefined && values.write === undefined ? undefined : Wanted.safeParse(values);
  if (wanted?.success === false)
    return fail(`--fit needs --id, --model and --beside:\n${z.prettifyError(wanted.error)}`);
  if (wanted !== undefined && (device === undefined) === (pairs === undefined))
    return fail("--fit takes a fit of --pairs, or of --device and --reference: one of the two");
  const settings = Settings.safeParse(values);
  if (!settings.success) return fail(z.prettifyError(settings.error));
  const { scale, "utc-offset": hoursAhead } = settings.data;
  const found: Record<string, unknown> = {};
  const texts: string[] = [];
  let fitted: { readonly report: PairsReport; readonly data: string } | undefined;
  if (device !== undefined && reference !== undefined) {
    const endOfHour = !values["start-of-hour"];
    const report = evaluatePairs(await readDeviceAndReference(device, reference, { hoursAhead, endOfHour }), scale);
    found.device = report;
    fitted = { report, data: device };
    texts.push(pairsText(`${device} beside ${reference}`, report));
  }
  if (pairs !== undefined) {
    const report = evaluatePairs(await readPairs(pairs, hoursAhead), scale);
    found.pairs = report;
    fitted = { report, data: pairs };
    texts.push(pairsText(pairs, report));
  }
  if (network !== undefined) {
    const report = evaluateNetwork(await readNetwork(network));
    found.network = report;
    texts.push(networkText(network, report));
  }
  if (wanted !== undefined && fitted !== undefined) {
    const { entry, text } = await putIntoForce(fitted, wanted.data, values.write);
    found.entry = entry;
    texts.push(text);
  }
  return say(values.json ? JSON.stringify(found, undefined, 1) : texts.join("\n\n"));
}

/** The entry of the fit that is wanted, as it stands in the registry file where there is one, and what a person is told of it. */
async function putIntoForce(
  { report, data }: { readonly report: PairsReport; readonly data: string },
  { fit: terms, id, model: models, beside: reference }: z.infer<typeof Wanted>,
  file: string | undefined,
): Promise<{ readonly entry: NetworkFit; readonly text: string }> {
  const entry = fitEntry(report, { id, terms, models, reference, data });
  const judged = sayJudged(report, terms);
  if (file === undefined) {
    return { entry, text: `${judged}\n${JSON.stringify(withFit(undefined, entry), undefined, 2)}` };
  }
  const { fit, above } = await writeFit(file, entry);
  const lines = [
    `${id} is in force in ${file} for ${models.join(", ")}: version ${fit.version}, ${judged}.`,
    ...above.map((rule) => `Where this rule of a place matches, it holds instead: ${JSON.stringify(rule)}`),
  ];
  return { entry: fit, text: lines.join("\n") };
}

/** `--utc-offset -5` as `--utc-offset=-5`: the number of half of the world looks like an option to the parser. */
function joinOffset(args: readonly string[]): string[] {
  const at = args.indexOf("--utc-offset");
  const hours = args[at + 1];
  if (at < 0 || hours === undefined || !/^-\d/.test(hours)) return [...args];
  return [...args.slice(0, at), `--utc-offset=${hours}`, ...args.slice(at + 2)];
}

function say(text: string): number {
  process.stdout.write(`${text}\n`);
  return 0;
}

function fail(text: string): number {
  process.stderr.write(`${text}\n`);
  return 2;
}

const isUsage = (error: unknown): error is Error =>
  error instanceof Error && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS");

process.exitCode = await run().catch((error: unknown) => {
  if (isUsage(error)) return fail(`${error.message}\n\n${HELP}`);
  if (error instanceof AppError) return fail(error.message);
  throw error;
});
