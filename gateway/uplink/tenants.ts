import { type Address, RESERVED_TENANT } from "#contract/names.ts";
import { parseTopic } from "#contract/topics.ts";
import type { Rules } from "../access/rules.ts";

/** What the parent makes of a topic; `unanswered` while it has not said since the start. */
export type Verdict = "yes" | "no" | "unanswered";

/** For whom the uplink speaks at the parent: the tenants of the settings, but for those that the parent refused. */
export class Tenants {
  readonly all: readonly string[];
  readonly #own: Address;
  /** What the parent has said last. */
  readonly #isRefused = new Map<string, boolean>();
  /** Whom it has spoken of over the ordinary connection of now. */
  readonly #answered = new Set<string>();

  constructor(all: readonly string[], own: Address) {
    this.all = all;
    this.#own = own;
  }

  /** The tenants that the parent does not let this gateway speak for. */
  get refused(): readonly string[] {
    return this.all.filter((tenant) => this.#isRefused.get(tenant) === true);
  }

  /** A new ordinary connection asks the parent anew: it may have changed its mind, and closes on the first forbidden publish. */
  askAnew(): void {
    this.#answered.clear();
  }

  /** The parent has said yes or no to a tenant; true where that is not what it said last. */
  note(tenant: string, isRefused: boolean): boolean {
    const before = this.#isRefused.get(tenant);
    this.#isRefused.set(tenant, isRefused);
    this.#answered.add(tenant);
    return before !== isRefused;
  }

  /** Whether a topic goes up, by what the parent said last: one of these tenants, or the gateway's own. */
  verdictOn(topic: string): Verdict {
    const address = parseTopic(topic)?.address;
    if (address === undefined) return "no";
    const { tenant, device } = address;
    if (tenant === this.#own.tenant) return device === this.#own.device ? "yes" : "no";
    if (!this.all.includes(tenant)) return "no";
    const isRefused = this.#isRefused.get(tenant);
    if (isRefused === undefined) return "unanswered";
    return isRefused ? "no" : "yes";
  }

  /** Whether a topic goes up over the ordinary connection of now: only once the parent has granted its tenant there. */
  mayGoNow(topic: string): boolean {
    if (this.verdictOn(topic) !== "yes") return false;
    const tenant = parseTopic(topic)?.address.tenant;
    return tenant === this.#own.tenant || (tenant !== undefined && this.#answered.has(tenant));
  }
}

/**
 * The rules of a gateway with a parent: what a device of another tenant says is refused at the door, since it could
 * never be brought up; the device keeps it.
 */
export function rulesWithin(rules: Rules, tenants: readonly string[]): Rules {
  return {
    ...rules,
    refusalOfPublish: (identity, claim) => {
      const tenant = parseTopic(claim.topic)?.address.tenant ?? RESERVED_TENANT;
      const isForeign = tenant !== RESERVED_TENANT && !tenants.includes(tenant);
      return rules.refusalOfPublish(identity, claim) ?? (isForeign ? "foreign-tenant" : undefined);
    },
  };
}
