/** Measures one file of a model in a process of its own, and prints what was measured as JSON: FOLDER FILE. */
import { stdout } from "node:process";
import { systemClock } from "#kit/clock.ts";
import { measureModel } from "./measure-model.ts";

const [, , folder = "", file = ""] = process.argv;
stdout.write(JSON.stringify(await measureModel(folder, file, systemClock)));
