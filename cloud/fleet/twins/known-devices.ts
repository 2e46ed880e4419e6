import { existsSync } from "node:fs";
import { z } from "zod";
import { clientIdOf, RESERVED_TENANT } from "#contract/names.ts";
import { JsonText } from "#kit/json-text.ts";
import { openStateFileReadOnly, type Sql } from "../../store/state/database.ts";
import type { ErrorTally } from "./error-tally.ts";

/** A device that has shown itself to the city, with what its newest health says. */
export interface KnownDevice {
  readonly tenant: string;
  readonly device: string;
  /** UTC ms when its newest health was stored, or null before the first. */
  readonly heardAt: number | null;
  /** The same, or when it first showed its key: the last that is known of its being there. */
  readonly seenAt: number | null;
  readonly software: string | null;
  /** SHA-256 of the model that judges there, or null where there is none. */
  readonly model: string | null;
  readonly tally: ErrorTally | null;
  /** Whether its last three runs before this one ended soon and badly. */
  readonly isLooping: boolean;
  /** Whether all certificates that it was ever given have been revoked: it was retired, lost or stolen. */
  readonly isRevoked: boolean;
}

/** The devices of the fleet, as the state store and the authority know them. */
export interface KnownDevices {
  /** All that have shown a key or sent a health, by name; none while the state store is not there yet. */
  all(): readonly KnownDevice[];
  close(): void;
}

const Health = JsonText.pipe(
  z.object({
    software: z.string().nullable().catch(null),
    model: z.string().nullable().catch(null),
    boot: z.string().catch(""),
    up: z.number().catch(0),
    countedFrom: z.number().nullable().default(null).catch(null),
    errors: z.record(z.string(), z.number()).catch({}),
    facts: z
      .object({ runs: z.object({ looping: z.boolean() }) })
      .optional()
      .catch(undefined),
  }),
);
const Row = z.object({
  tenant: z.string(),
  device: z.string(),
  health: z.string().nullable(),
  health_at: z.number().nullable(),
  pinned_at: z.number().nullable(),
});
const Name = z.object({ tenant: z.string(), device: z.string() });

/** What else is known of a device of which nothing was heard. */
export const UNHEARD = {
  heardAt: null,
  seenAt: null,
  software: null,
  model: null,
  tally: null,
  isLooping: false,
} as const;

/** Reads the state file and the authority's, which others write. Each is opened with the first question after it is there. */
export function openKnownDevices({ stateFile, fleetFile }: Record<"stateFile" | "fleetFile", string>): KnownDevices {
  const state = openToRead(stateFile);
  const fleet = openToRead(fleetFile);
  return {
    all: () => {
      const revoked = new Set(fleet.read(revokedIn)?.map(clientIdOf));
      return (state.read(devicesIn) ?? [])
        .map((row) => toKnown(row, revoked.has(clientIdOf(row))))
        .sort((one, other) => compareNames(one, other));
    },
    close: () => {
      state.close();
      fleet.close();
    },
  };
}

const devicesIn = (sql: Sql) =>
  sql.all(Row, "SELECT tenant, device, health, health_at, pinned_at FROM devices WHERE tenant <> ?", RESERVED_TENANT);

const revokedIn = (sql: Sql) =>
  sql.all(Name, "SELECT tenant, device FROM certificates GROUP BY tenant, device HAVING min(revoked_at IS NOT NULL)");

/** A SQLite file of somebody else. */
function openToRead(file: string) {
  let sql: Sql | undefined;
  const close = () => {
    sql?.close();
    sql = undefined;
  };
  return {
    /** What `ask` finds there, undefined while it is not there yet. */
    read: <T>(ask: (sql: Sql) => T): T | undefined => {
      if (sql === undefined && !existsSync(file)) return undefined;
      sql ??= openStateFileReadOnly(file);
      try {
        return ask(sql);
      } catch (error) {
        // Its tables may not be laid yet, or its disk be in trouble; the next question opens it anew.
        close();
        throw error;
      }
    },
    close,
  };
}

function toKnown(row: z.infer<typeof Row>, isRevoked: boolean): KnownDevice {
  const { tenant, device, health_at: heardAt, pinned_at: pinnedAt } = row;
  const seenAt = heardAt === null && pinnedAt === null ? null : Math.max(heardAt ?? 0, pinnedAt ?? 0);
  const here = { tenant, device, heardAt, seenAt, isRevoked };
  const said = Health.safeParse(row.health ?? "");
  if (!said.success) return { ...UNHEARD, ...here };
  const { software, model, boot, up, countedFrom, errors, facts } = said.data;
  const count = Object.values(errors).reduce((sum, n) => sum + n, 0);
  const isLooping = facts?.runs.looping ?? false;
  return { ...here, software, model, tally: { boot, up, countedFrom, count }, isLooping };
}

/** The order of lists: as `tenant:device` in code units. */
export function compareNames(
  one: { readonly tenant: string; readonly device: string },
  other: { readonly tenant: string; readonly device: string },
): number {
  const [first, second] = [clientIdOf(one), clientIdOf(other)];
  if (first === second) return 0;
  return first < second ? -1 : 1;
}
