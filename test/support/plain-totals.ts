import { stdout } from "node:process";
import type { Reporter, TestModule } from "vitest/node";

/** Ends the run with one plain line, `N passed, N failed, N skipped`, and names each skipped test once. */
export class PlainTotals implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const totals = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const module of modules) {
      if (module.errors().length > 0) totals.failed += 1;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === "passed") totals.passed += 1;
        else if (state === "failed") totals.failed += 1;
        else {
          totals.skipped += 1;
          stdout.write(`skipped: ${module.relativeModuleId} > ${test.fullName}\n`);
        }
      }
    }
    stdout.write(`\n${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped\n`);
  }
}

// biome-ignore lint/style/noDefaultExport: vitest loads a reporter from a file by its default export
export default PlainTotals;
