import { z } from "zod";
import type { Address } from "#contract/names.ts";
import { hasNumber, type Ranges, unite } from "#kit/ranges.ts";
import { addTo, nextRevision } from "./counters.ts";
import type { Sql } from "./database.ts";
import { subtract } from "./subtract-ranges.ts";

/** Where a message stands: the identity of everything durable. */
export interface Place extends Address {
  readonly log: string;
  readonly seq: number;
}

const RangesColumn = z.string().transform((text) => RangesJson.parse(JSON.parse(text)));
const RangesJson = z.array(z.tuple([z.number().int(), z.number().int()]));
const LogRow = z.object({ received: RangesColumn, lost: RangesColumn, covered: RangesColumn });

interface Page {
  readonly owner: Address & { readonly log: string };
  /** What came itself, also where it could not be used. */
  readonly came: Ranges;
  readonly lost: Ranges;
  /** What this transaction adds, and takes back from the lost. */
  readonly arrived: Set<number>;
  readonly given: Set<number>;
  readonly found: Set<number>;
  /** Numbers that a gap named; those that came are not taken out until the end. */
  covered: Ranges;
  isTouched: boolean;
}

/** What is settled of a log as it is committed: what came or was dropped, and what of it is lost. */
export function logRangesOf(
  sql: Sql,
  owner: Address & { readonly log: string },
): { readonly received: Ranges; readonly lost: Ranges } {
  const { received, lost } = rowOf(sql, owner);
  return { received, lost };
}

/** The numbers of a log that came themselves; one that only a gap named may still come, and is new then. */
export function arrivedRangesOf(sql: Sql, owner: Address & { readonly log: string }): Ranges {
  const { received, covered } = rowOf(sql, owner);
  return subtract(received, covered);
}

function rowOf(sql: Sql, { tenant, device, log }: Address & { readonly log: string }): z.infer<typeof LogRow> {
  return sql.get(LogRow, SELECT, tenant, device, log) ?? { received: [], lost: [], covered: [] };
}

const SELECT = "SELECT received, lost, covered FROM logs WHERE tenant = ? AND device = ? AND log = ?";

/**
 * The received and lost numbers of the logs that one transaction touches.
 *
 * It reads each log once, inside the transaction that holds the write lock, so two threads never overwrite each other.
 */
export class LogBook {
  readonly #sql: Sql;
  readonly #pages = new Map<string, Page>();
  #duplicates = 0;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** Notes that a message is here; false when it was here already. */
  receive(place: Place): boolean {
    const page = this.#page(place);
    if (page.arrived.has(place.seq) || hasNumber(page.came, place.seq)) {
      this.#duplicates += 1;
      return false;
    }
    page.arrived.add(place.seq);
    page.isTouched = true;
    return true;
  }

  /** Notes that a message is here but could not be used. */
  lose(place: Place): void {
    const page = this.#page(place);
    page.given.add(place.seq);
    page.found.delete(place.seq);
    page.isTouched = true;
  }

  /** Takes a number back from the lost: its message could be used after all. */
  find(place: Place): void {
    const page = this.#page(place);
    page.found.add(place.seq);
    page.given.delete(place.seq);
    page.isTouched = true;
  }

  /** Notes numbers that were dropped before they came here; those that came or will come nevertheless are not lost. */
  cover(owner: Address & { readonly log: string }, dropped: Ranges): void {
    const page = this.#page(owner);
    page.covered = unite(page.covered, dropped);
    page.isTouched = true;
  }

  /** Has the newest log of a device told again: something that travels with it has changed. */
  touchNewestOf({ tenant, device }: Address): void {
    const newest = this.#sql.get(
      z.object({ log: z.string() }),
      "SELECT log FROM logs WHERE tenant = ? AND device = ? ORDER BY revision DESC LIMIT 1",
      tenant,
      device,
    );
    if (newest !== undefined) this.#page({ tenant, device, log: newest.log }).isTouched = true;
  }

  /** Writes each touched log once; the store calls it at the end of the transaction. */
  flush(): void {
    const touched = [...this.#pages.values()].filter(({ isTouched }) => isTouched);
    addTo(this.#sql, "duplicates", this.#duplicates);
    if (touched.length === 0) return;
    const revision = nextRevision(this.#sql);
    let arrived = 0;
    for (const page of touched) {
      const arrivals = single(page.arrived);
      const came = unite(page.came, arrivals);
      const covered = subtract(page.covered, came);
      const unusable = unite(subtract(page.lost, arrivals), single(page.given));
      const lost = subtract(unite(unusable, covered), single(page.found));
      const received = unite(came, covered);
      const { tenant, device, log } = page.owner;
      this.#sql.run(
        `INSERT INTO logs (tenant, device, log, received, lost, covered, arrived, revision) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET received = excluded.received, lost = excluded.lost, covered = excluded.covered,
           arrived = arrived + excluded.arrived, revision = excluded.revision`,
        ...[tenant, device, log, JSON.stringify(received), JSON.stringify(lost), JSON.stringify(covered)],
        ...[page.arrived.size, revision],
      );
      arrived += page.arrived.size;
    }
    addTo(this.#sql, "messages", arrived);
  }

  #page({ tenant, device, log }: Address & { readonly log: string }): Page {
    const key = `${tenant}:${device}:${log}`;
    const known = this.#pages.get(key);
    if (known !== undefined) return known;
    const { received, lost, covered } = rowOf(this.#sql, { tenant, device, log });
    const page: Page = {
      owner: { tenant, device, log },
      came: subtract(received, covered),
      lost,
      arrived: new Set(),
      given: new Set(),
      found: new Set(),
      covered,
      isTouched: false,
    };
    this.#pages.set(key, page);
    return page;
  }
}

const single = (numbers: ReadonlySet<number>): Ranges =>
  unite(
    [],
    [...numbers].map((n) => [n, n]),
  );
