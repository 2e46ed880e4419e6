import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { type Address, clientIdOf } from "#contract/names.ts";
import type { Sql } from "../../store/state/database.ts";
import type { GuardedFile } from "../../store/state/guarded-file.ts";
import { compareNames, type KnownDevice, type KnownDevices, UNHEARD } from "./known-devices.ts";
import { putTwin, reportedOf, twinOf } from "./twin-book.ts";
import type { DeviceQuery, FleetDevice, TwinOrder, TwinPut, Twins, TwinView } from "./twins.ts";

/** What the twins are opened with. */
export interface TwinParts {
  /** `twins.db`. */
  readonly file: GuardedFile;
  readonly known: KnownDevices;
  readonly nowMs: () => number;
}

/** The twins, in the thread of the fleet. */
export function openTwins({ file, known, nowMs }: TwinParts): Twins {
  return {
    twin: async (address) => file.use((sql) => viewOf(sql, address)),
    putTwin: async (order) => file.transaction((sql) => put(sql, order, nowMs())),
    devices: async (query) => {
      const devices = known.all();
      return file.use((sql) => list(sql, devices, query));
    },
  };
}

function viewOf(sql: Sql, { tenant, device }: Address): TwinView {
  const twin = twinOf(sql, { tenant, device });
  const reported = reportedOf(sql, { tenant, device });
  return {
    tenant,
    device,
    rev: twin?.rev ?? 0,
    settings: twin?.settings ?? {},
    updates: twin?.updates ?? [],
    reported: reported?.body ?? null,
    reportedAt: reported?.at ?? null,
  };
}

/** An answer may have been lost: whoever wants what is wanted already is told so, on whatever `rev` it was asked. */
function put(sql: Sql, { settings, ifRev, ...address }: TwinOrder, nowMs: number): TwinPut {
  const twin = viewOf(sql, address);
  if (twin.rev > 0 && isDeepStrictEqual(twin.settings, settings)) return { isKept: true, twin };
  if (twin.rev !== ifRev) return { isKept: false, twin };
  putTwin(sql, address, { settings, updates: twin.updates }, nowMs);
  return { isKept: true, twin: viewOf(sql, address) };
}

const Name = z.object({ tenant: z.string(), device: z.string() });

/** Devices that have shown themselves, and those that something is wanted of before they have. */
function list(sql: Sql, known: readonly KnownDevice[], { tenant, after, limit }: DeviceQuery): readonly FleetDevice[] {
  const byName = new Map(known.map((one) => [clientIdOf(one), one]));
  const twins = sql.all(Name, "SELECT tenant, device FROM twins UNION SELECT tenant, device FROM reported");
  for (const one of twins) {
    if (!byName.has(clientIdOf(one))) byName.set(clientIdOf(one), { ...one, ...UNHEARD, isRevoked: false });
  }
  return [...byName.values()]
    .filter(
      (one) => (tenant === undefined || one.tenant === tenant) && (after === undefined || clientIdOf(one) > after),
    )
    .sort(compareNames)
    .slice(0, limit)
    .map((one) => deviceOf(one, viewOf(sql, one)));
}

const deviceOf = (
  { tenant, device, heardAt, software, model }: KnownDevice,
  { rev, reported, reportedAt }: TwinView,
): FleetDevice => ({
  tenant,
  device,
  heardAt,
  software,
  model,
  rev,
  reportedRev: reported?.rev ?? null,
  reportedAt,
  onTrial: reported?.onTrial ?? false,
  refused: reported?.refused ?? [],
  updates: reported?.updates ?? [],
});
