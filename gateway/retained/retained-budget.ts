import { parseTopic } from "#contract/topics.ts";
import { AppError } from "#kit/errors.ts";
import type { RetainedSettings } from "../../firmware-config/settings/retained-settings.ts";

/** Bounds of retained messages, in bytes as `costOf` counts them. */
export interface RetainedLimits {
  readonly bytes: number;
  readonly tenantBytes: number;
}

/** The bounds that settings ask for. */
export const retainedLimitsOf = (settings: RetainedSettings): RetainedLimits => ({
  bytes: settings.RETAINED_BYTES,
  tenantBytes: settings.TENANT_RETAINED_BYTES,
});

/** There is no room for a retained message; what its topic held before stays. */
export class RetainedFull extends AppError {
  readonly code = "retained-full";
  readonly retry = false;
}

/** What a message costs beside its topic and payload: about what its entries in memory take, so that empty ones count too. */
const OVERHEAD_BYTES = 512;

/** A part of what is retained that has a bound of its own. */
interface Pot {
  readonly name: string;
  readonly limit: number;
}

/** What is retained under which topic, and whether there is room for more. */
export class RetainedBudget {
  readonly #limits: RetainedLimits;
  readonly #bytesOf = new Map<string, number>();
  readonly #usedOf = new Map<string, number>();

  constructor(limits: RetainedLimits) {
    this.#limits = limits;
  }

  /** Payload sizes by topic. */
  get sizes(): ReadonlyMap<string, number> {
    return this.#bytesOf;
  }

  /** The size of a topic's payload; 0 where it holds none. */
  sizeOf(topic: string): number {
    return this.#bytesOf.get(topic) ?? 0;
  }

  /** Requires room for a topic's new payload. What is no larger than the one of before always has it. Throws `RetainedFull`. */
  requireRoom(topic: string, bytes: number): void {
    const more = this.#growth(topic, bytes);
    if (more <= 0) return;
    const full = this.#potsOf(topic).find(({ name, limit }) => (this.#usedOf.get(name) ?? 0) + more > limit);
    if (full === undefined) return;
    const { name, limit } = full;
    throw new RetainedFull(
      `${limit} bytes for ${name} are used: raise it, or clear topics of devices that are no more`,
    );
  }

  /** A topic holds so much from now on. */
  set(topic: string, bytes: number): void {
    const more = this.#growth(topic, bytes);
    if (bytes === 0) this.#bytesOf.delete(topic);
    else this.#bytesOf.set(topic, bytes);
    for (const { name } of this.#potsOf(topic)) {
      const used = (this.#usedOf.get(name) ?? 0) + more;
      if (used === 0) this.#usedOf.delete(name);
      else this.#usedOf.set(name, used);
    }
  }

  #growth(topic: string, bytes: number): number {
    return costOf(topic, bytes) - costOf(topic, this.sizeOf(topic));
  }

  #potsOf(topic: string): readonly Pot[] {
    const parsed = parseTopic(topic);
    const limit = this.#limits.bytes;
    if (parsed?.kind === "stored" || parsed?.kind === "desired") return [{ name: "the city (RETAINED_BYTES)", limit }];
    const tenant = { name: `${parsed?.address.tenant} (TENANT_RETAINED_BYTES)`, limit: this.#limits.tenantBytes };
    return [tenant, { name: "all devices (RETAINED_BYTES)", limit }];
  }
}

const costOf = (topic: string, bytes: number): number => (bytes === 0 ? 0 : OVERHEAD_BYTES + topic.length + bytes);
