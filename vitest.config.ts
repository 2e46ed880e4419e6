import { defineConfig } from "vitest/config";

/** Tests that start whole programs, browsers or databases: they run after the quick ones, two files at a time. */
const WHOLE = ["test/system/**/*.test.ts", "test/real/**/*.test.ts"];

export default defineConfig({
  test: {
    reporters: ["default", "./test/support/plain-totals.ts"],
    projects: [
      {
        test: {
          name: "quick",
          include: ["test/**/*.test.ts"],
          exclude: WHOLE,
          maxWorkers: 3,
          sequence: { groupOrder: 0 },
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: "whole",
          include: WHOLE,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
