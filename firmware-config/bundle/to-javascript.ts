import { stripTypeScriptTypes } from "node:module";

/** A text that ends in `.ts` and names a file: `"./x.ts"`, `"#kit/clock.ts"`, `"libcamera-still-main.ts"`. */
const FILE_NAME = /"((?:#|\.{1,2}\/)?(?:[\w.-]+\/)*[\w.-]+)\.ts"/g;

/**
 * A source without its types, naming `.js` where it named `.ts`. Lines and columns stay as they are, so that a stack of
 * the device says where to look.
 */
export const toJavaScript = (source: string): string =>
  stripTypeScriptTypes(source, { mode: "strip" }).replaceAll(FILE_NAME, '"$1.js"');
