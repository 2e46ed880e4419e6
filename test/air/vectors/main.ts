import { readFileSync } from "node:fs";
import { lineOf, runVector } from "./run-vectors.ts";
import { isConflict, VectorFile } from "./vector-file.ts";

/** `npm run -s air:vectors -- FILE`: every failure, every conflict with its reason, and how many agree. */
const path = process.argv[2];
if (path === undefined) {
  process.stderr.write("usage: npm run -s air:vectors -- FILE (in the form of ../shared/air/vectors.json)\n");
  process.exit(2);
}
const { vectors } = VectorFile.parse(JSON.parse(readFileSync(path, "utf8")));
const outcomes = vectors.map(runVector);
for (const outcome of outcomes) {
  if (!outcome.isGood || isConflict(outcome.vector)) process.stdout.write(`${lineOf(outcome)}\n`);
}
const conflicts = outcomes.filter(({ vector }) => isConflict(vector));
const usable = outcomes.filter(({ vector }) => !isConflict(vector));
const good = usable.filter(({ isGood }) => isGood).length;
const differing = conflicts.filter(({ isGood }) => isGood).length;
process.stdout.write(`conflict_do_not_use: ${differing} of ${conflicts.length} differ from ours, as they must\n`);
process.stdout.write(`ok ${good} of ${usable.length}\n`);
process.exitCode = good === usable.length && differing === conflicts.length ? 0 : 1;
