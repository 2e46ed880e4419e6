import type { DeviceReport } from "../health/device-report.ts";

/** What of a report proves software. */
export type ProofFacts = Pick<DeviceReport, "model" | "modelTrouble"> & {
  readonly uplink: Pick<DeviceReport["uplink"], "connected" | "trouble">;
  readonly outbox: Pick<DeviceReport["outbox"], "total" | "oldest" | "trouble">;
};

/** What is known of a program on a device at one moment. */
export interface Proof {
  readonly isConnected: boolean;
  /** What it still lacks to be trusted, or undefined. */
  readonly lack: string | undefined;
  /** Whether a link that is away explains the lack. */
  readonly mayBeLink: boolean;
}

/**
 * Tells what new software still lacks to be trusted: it is connected, its outbox takes messages and the broker takes them
 * from it (the oldest of the start is gone, or none waits), and where there is a camera there is a model.
 */
export function softwareProof(hasCamera: boolean): (facts: ProofFacts) => Proof {
  let seen: number | null = null;
  let hasMoved = false;
  return ({ uplink, outbox, model, modelTrouble }) => {
    if (seen !== null && outbox.oldest !== seen) hasMoved = true;
    seen ??= outbox.oldest;
    const own =
      outbox.trouble !== null
        ? `the outbox takes nothing (${outbox.trouble})`
        : hasCamera && model === null
          ? `no model (${modelTrouble ?? "none"})`
          : undefined;
    const link = uplink.connected
      ? outbox.total > 0 && !hasMoved
        ? "the broker has taken nothing of the outbox"
        : undefined
      : `no connection (${uplink.trouble ?? "not yet"})`;
    return { isConnected: uplink.connected, lack: own ?? link, mayBeLink: own === undefined && link !== undefined };
  };
}
