import { type Address, RESERVED_TENANT } from "#contract/names.ts";
import { parseTopic } from "#contract/topics.ts";
import type { Rules } from "../access/rules.ts";

/** For whom the uplink speaks at the parent: the tenants of the settings, but for those that the parent refused. */
export class Tenants {
  readonly all: readonly string[];
  readonly #own: Address;
  readonly #isRefused = new Map<string, boolean>();

  constructor(all: readonly string[], own: Address) {
    this.all = all;
    this.#own = own;
  }

  /** The tenants that the parent does not let this gateway speak for. */
  get refused(): readonly string[] {
    return this.all.filter((tenant) => this.#isRefused.get(tenant) === true);
  }

  /** The parent has said yes or no to a tenant; true where it has not said so before. */
  note(tenant: string, isRefused: boolean): boolean {
    const before = this.#isRefused.get(tenant);
    this.#isRefused.set(tenant, isRefused);
    return before !== isRefused;
  }

  /** Whether a topic may go up: one of these tenants, or the gateway's own. */
  mayGoUp(topic: string): boolean {
    const address = parseTopic(topic)?.address;
    if (address === undefined) return false;
    const { tenant, device } = address;
    if (tenant === this.#own.tenant) return device === this.#own.device;
    return this.all.includes(tenant) && this.#isRefused.get(tenant) !== true;
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
