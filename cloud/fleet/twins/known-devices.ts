import { existsSync } from "node:fs";
import { z } from "zod";
import { clientIdOf, RESERVED_TENANT } from "#contract/names.ts";
import { JsonText } from "#kit/json-text.ts";
import { openStateFileReadOnly, type Sql } from "../../store/state/database.ts";

/** A device that has shown itself to the city, with what its newest health says. */
export interface KnownDevice {
  readonly tenant: string;
  readonly device: string;
  /** UTC ms when its newest health was stored, or null before the first. */
  readonly heardAt: number | null;
  readonly software: string | null;
  /** SHA-256 of the model that judges there, or null where there is none. */
  readonly model: string | null;
  /** Counted errors in an hour since its boot, or null where it runs too short to tell. */
  readonly errorsPerHour: number | null;
}

/** The devices of the fleet, as the state store knows them. */
export interface KnownDevices {
  /** All that have shown a key or sent a health, by name; none while the state store is not there yet. */
  all(): readonly KnownDevice[];
  close(): void;
}

/** Below this time since boot a rate of errors says nothing: a start has errors of its own. */
const RATE_AFTER_MS = 30 * 60_000;
const HOUR_MS = 3_600_000;

const Health = JsonText.pipe(
  z.object({
    software: z.string().nullable().catch(null),
    model: z.string().nullable().catch(null),
    up: z.number().catch(0),
    errors: z.record(z.string(), z.number()).catch({}),
  }),
);
const Row = z.object({
  tenant: z.string(),
  device: z.string(),
  health: z.string().nullable(),
  health_at: z.number().nullable(),
});

/** Reads the state file, which others write. It is opened with the first question after it is there. */
export function openKnownDevices(stateFile: string): KnownDevices {
  let sql: Sql | undefined;
  return {
    all: () => {
      if (sql === undefined && !existsSync(stateFile)) return [];
      sql ??= openStateFileReadOnly(stateFile);
      try {
        return sql
          .all(Row, "SELECT tenant, device, health, health_at FROM devices WHERE tenant <> ?", RESERVED_TENANT)
          .map(toKnown)
          .sort((one, other) => compareNames(one, other));
      } catch (error) {
        // Its tables may not be laid yet, or its disk be in trouble; the next question opens it anew.
        sql.close();
        sql = undefined;
        throw error;
      }
    },
    close: () => sql?.close(),
  };
}

function toKnown({ tenant, device, health, health_at: heardAt }: z.infer<typeof Row>): KnownDevice {
  const said = Health.safeParse(health ?? "");
  if (!said.success) return { tenant, device, heardAt, software: null, model: null, errorsPerHour: null };
  const { software, model, up, errors } = said.data;
  const count = Object.values(errors).reduce((sum, n) => sum + n, 0);
  return {
    tenant,
    device,
    heardAt,
    software,
    model,
    errorsPerHour: up < RATE_AFTER_MS ? null : (count * HOUR_MS) / up,
  };
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
