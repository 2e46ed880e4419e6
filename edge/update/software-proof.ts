import type { DeviceReport } from "../health/device-report.ts";

/** What of a report proves software. */
export type ProofFacts = Pick<DeviceReport, "model" | "modelTrouble"> & {
  readonly uplink: Pick<DeviceReport["uplink"], "connected" | "trouble">;
  readonly outbox: Pick<DeviceReport["outbox"], "total" | "oldest" | "trouble">;
};

/**
 * Tells what new software still lacks to be trusted, or undefined: it is connected, its outbox takes messages and the
 * broker takes them from it (the oldest of the start is gone, or none waits), and where there is a camera there is a model.
 */
export function softwareProof(hasCamera: boolean): (facts: ProofFacts) => string | undefined {
  let seen: number | null = null;
  let hasMoved = false;
  return ({ uplink, outbox, model, modelTrouble }) => {
    if (seen !== null && outbox.oldest !== seen) hasMoved = true;
    seen ??= outbox.oldest;
    if (!uplink.connected) return `no connection (${uplink.trouble ?? "not yet"})`;
    if (outbox.trouble !== null) return `the outbox takes nothing (${outbox.trouble})`;
    if (outbox.total > 0 && !hasMoved) return "the broker has taken nothing of the outbox";
    if (hasCamera && model === null) return `no model (${modelTrouble ?? "none"})`;
    return undefined;
  };
}
