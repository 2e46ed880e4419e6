import { describe, expect, it } from "vitest";
import { HealthFacts } from "#contract/messages.ts";
import { systemClock } from "#kit/clock.ts";
import { healthFactsOf } from "../../../edge/health/health-facts.ts";
import { openJudge } from "../../../edge/visits/judge.ts";
import { countVerdicts } from "../../../edge/visits/verdict-counts.ts";
import { drawSite } from "../../../models/samples/drawn-site.ts";
import { aReport } from "../support/a-report.ts";

const probabilities = { clean: 0.1, overflow: 0.4, scattered: 0.4, not_a_site: 0.1 };

describe("what a model has said of photos", () => {
  it("is counted by state and reason, with how sure it was: of dirt on the whole", () => {
    const counts = countVerdicts();
    counts.add({ state: "overflow", reason: null, probabilities });
    counts.add({ state: "unsure", reason: null, probabilities: { ...probabilities, overflow: 0.2, clean: 0.3 } });
    counts.add({ state: "unusable", reason: "dark", probabilities: null });

    expect(counts.now()).toEqual({
      states: { overflow: 1, unsure: 1, unusable: 1 },
      reasons: { dark: 1 },
      confidence: 0.7,
    });
  });

  it("travels with the facts of the health message, once there is something to say", () => {
    const verdicts = { states: { clean: 3 }, confidence: 0.9 };

    expect(HealthFacts.parse(healthFactsOf(aReport({ verdicts }), [])).verdicts).toEqual(verdicts);
    expect(healthFactsOf(aReport(), [])).not.toHaveProperty("verdicts");
  });

  it("begins anew with another model, since it is that one's", async () => {
    const place = { folder: "models/waste-site" };
    const judge = await openJudge(place, systemClock);
    expect(judge.verdicts).toBeUndefined();

    const { state } = await judge.judge(await drawSite({ seed: 37, state: "clean", widthPx: 320, heightPx: 240 }));
    expect(judge.verdicts?.states).toEqual({ [state]: 1 });
    await judge.use(place);

    expect(judge.verdicts).toBeUndefined();
    await judge.close();
  });
});
