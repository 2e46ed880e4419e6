import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { systemClock } from "#kit/clock.ts";
import { Metrics } from "../../gateway/metrics.ts";

describe("a refusal in the log", () => {
  it("is short, however long what the client said was", () => {
    const lines: string[] = [];
    const log = pino({ level: "info" }, { write: (line: string) => lines.push(line) });

    new Metrics(systemClock, log).refuse("topic", "c".repeat(65_535), `publish on ${"t".repeat(65_535)}`);

    expect(lines).toHaveLength(1);
    expect(lines[0]?.length).toBeLessThan(1_000);
    expect(lines[0]).toContain("publish on ttt");
  });
});
