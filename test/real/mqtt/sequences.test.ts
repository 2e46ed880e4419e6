import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT } from "../../support/program.ts";
import { startGatewayHere } from "../../support/test-gateway.ts";
import { lineOf, replayAll } from "./replay-all.ts";

/** A folder of sequences beside the checkout; `MQTT_SEQUENCES` names another one. */
const FOLDER = resolve(process.env.MQTT_SEQUENCES ?? join(ROOT, "../shared/mqtt-vectors"));
/** What README.md justifies. */
const JUSTIFIED = 5;

describe("the byte sequences of MQTT 3.1 and 3.1.1", () => {
  it.skipIf(!existsSync(FOLDER))("go at our gateway as they say, but for those that are justified", async () => {
    const gateway = await startGatewayHere({ clients: [], settings: { OPEN: "true" } });

    const { total, failures } = await replayAll(FOLDER, gateway.port);

    expect(total).toBeGreaterThan(200);
    expect(failures.length, failures.map(lineOf).join("\n")).toBeLessThanOrEqual(JUSTIFIED);
  });
});
