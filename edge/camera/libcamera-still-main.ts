import { argv, stderr } from "node:process";
import { libcamera } from "node-libcamera";
import { messageOf } from "#kit/errors.ts";
import { LibcameraOptions } from "./libcamera-options.ts";

/**
 * Takes one photo into this process' folder; its one argument is the options as JSON. It is a program of its own because
 * the package starts a shell that it can neither stop nor give a time limit: whoever started us ends our whole group.
 * The options are checked here once more, right before the package makes a shell's line of them.
 */
try {
  const given: unknown = JSON.parse(argv[2] ?? "");
  const parsed = LibcameraOptions.parse(given);
  const options = Object.fromEntries(Object.entries(parsed).filter(([, value]) => value !== undefined));
  await libcamera.still(options);
} catch (error) {
  stderr.write(`${messageOf(error)}\n`);
  process.exitCode = 1;
}
