import { readFileSync } from "node:fs";
import { z } from "zod";

const project: unknown = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));

/** The version of this program, as it stands in `state` and `health`. */
export const SOFTWARE: string = z.object({ version: z.string() }).parse(project).version;
