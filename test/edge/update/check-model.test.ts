import { expect, it } from "vitest";
import { runProgram } from "#kit/run-program.ts";
import { measuringProgram } from "../../../edge/update/check-model.ts";

it("a network is tried in as little memory as the program itself has, since both share the unit's", async () => {
  const program = measuringProgram("/nowhere", "model.onnx");
  const args = ["-p", "process.getBuiltinModule('v8').getHeapStatistics().heap_size_limit / 1024 / 1024"];

  const { output } = await runProgram({ ...program, args }, new AbortController().signal);

  expect(Number(output.toString())).toBeLessThan(100);
});
