import { parseArgs } from "node:util";
import { systemClock } from "#kit/clock.ts";
import { runCommand } from "#kit/run-command.ts";
import { parseCount } from "./arguments.ts";
import { compareModels, writeComparison } from "./compare.ts";
import { judgePhotos, openModel } from "./judge.ts";
import { listPhotos } from "./photos.ts";
import { tellProgress } from "./progress.ts";

const SEED = 7;

const HELP = `Says whether a new model is better than an old one, worse, or not distinguishable, on photos of known label.

  npm run -s eval:compare -- --photos DIR --old DIR --new DIR [--limit N]

--photos DIR   clean|overflow|scattered|not_a_site/*.jpg, or {val,test}/class/*.jpg; neither model may have been trained on them
--old DIR      folder with manifest.json and the model file, models/waste-site for the shipped one
--new DIR      the same for the new one
--limit N      at most N photos of each class of each set, for a quick look
`;

async function main(): Promise<string> {
  const { values } = parseArgs({
    options: {
      photos: { type: "string" },
      old: { type: "string" },
      new: { type: "string" },
      limit: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return HELP;
  const missing = (["photos", "old", "new"] as const).filter((option) => values[option] === undefined);
  if (missing.length > 0)
    throw new Error(`${missing.map((option) => `--${option}`).join(", ")} wanted; --help says more`);
  const photos = await listPhotos(values.photos ?? "", parseCount("--limit", values.limit));
  const judge = async (folder: string, name: string) => {
    const classifier = await openModel(folder);
    const tell = tellProgress(`${name} model`, () => systemClock.monotonicMs());
    const { judged } = await judgePhotos(classifier, photos, tell);
    await classifier.close();
    return judged;
  };
  const before = await judge(values.old ?? "", "old");
  const after = await judge(values.new ?? "", "new");
  return writeComparison(compareModels(before, after, SEED), SEED);
}

await runCommand("eval:compare", main);
