import { readFileSync } from "node:fs";
import { z } from "zod";

const project: unknown = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));

const own = z.object({ version: z.string(), counter: z.number().int().min(1).optional() }).parse(project);

/** The version of this program, as it stands in `state` and `health`. */
export const SOFTWARE: string = own.version;

/** The counter that this program is signed with (`bundle:edge --counter`), or undefined where its bundle has none. */
export const SOFTWARE_COUNTER: number | undefined = own.counter;
