import { describe, expect, it } from "vitest";
import { openLedger } from "./ledger.ts";

describe("the ledger of a run", () => {
  it("counts as lost only what was acknowledged and never delivered", () => {
    const ledger = openLedger(2);
    const [kept, lost, unanswered] = [ledger.publish(0), ledger.publish(0), ledger.publish(0)];

    ledger.acknowledge(0, kept);
    ledger.acknowledge(0, lost);
    ledger.deliver(0, kept);

    expect(unanswered).toBe(2);
    expect(ledger).toMatchObject({ published: 3, acknowledged: 2, delivered: 1, lost: 1, duplicated: 0 });
  });

  it("counts each delivery after the first as a duplicate, also of what was not acknowledged", () => {
    const ledger = openLedger(1);
    const seq = ledger.publish(0);

    for (let i = 0; i < 3; i += 1) ledger.deliver(0, seq);

    expect(ledger).toMatchObject({ acknowledged: 0, delivered: 1, lost: 0, duplicated: 2 });
  });
});
