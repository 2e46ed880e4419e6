import { join } from "node:path";
import { Readable } from "node:stream";
import { onTestFinished } from "vitest";
import { makeKeyPair } from "#contract/ed25519.ts";
import type { Reported, UpdateStage } from "#contract/twin.ts";
import { type SignedUpdate, updateId } from "#contract/updates.ts";
import { createLogger } from "#kit/logger.ts";
import { openArtefacts } from "../../../../cloud/fleet/artefacts/artefacts.ts";
import { type DeviceCare, openDeviceCare } from "../../../../cloud/fleet/open-device-care.ts";
import { FLEET_TABLES } from "../../../../cloud/fleet/tables.ts";
import { TWIN_TABLES } from "../../../../cloud/fleet/twins/tables.ts";
import { desiredSince, keepReported, reportedOf } from "../../../../cloud/fleet/twins/twin-book.ts";
import { RolloutOrder } from "../../../../cloud/fleet/waves/rollouts.ts";
import { keepHealth, pinKey } from "../../../../cloud/store/state/devices.ts";
import { GuardedFile } from "../../../../cloud/store/state/guarded-file.ts";
import { openStateStore } from "../../../../cloud/store/state/state-store.ts";
import { type TestUpdate, UPDATE_KEY } from "../../../support/signed-update.ts";
import { tempFolder } from "../../../support/temp-folder.ts";

export const HOUR_MS = 3_600_000;
const KEY = makeKeyPair().publicKey;

/** What a device's health says in these tests. */
export interface Said {
  readonly model?: string | null;
  readonly errors?: number;
  /** How long the machine is running. */
  readonly upMs?: number;
  /** How long the machine ran when the program began; null where the device does not say it. */
  readonly countedFromMs?: number | null;
  readonly boot?: string;
}

/** Twins and rollouts on real files, with a clock and a fleet that a test moves; rounds are made by the test alone. */
export async function openCare() {
  const folder = await tempFolder();
  const artefactFolder = join(folder, "artefacts");
  const artefacts = await openArtefacts({ folder: artefactFolder, reservedBytes: 0 });
  const stateFile = join(folder, "state.db");
  const state = openStateStore(stateFile);
  const twinsFile = join(folder, "twins.db");
  // The ingest's own connection, as in the cloud.
  const twins = new GuardedFile(twinsFile, TWIN_TABLES, "away");
  let nowMs = Date.now();
  const options = {
    twinsFile,
    stateFile,
    file: join(folder, "fleet.db"),
    artefactFolder,
    updateKeys: [UPDATE_KEY.publicKey],
    roundMs: 1_000_000,
    clock: { nowMs: () => nowMs, monotonicMs: () => nowMs },
    log: createLogger("test", "silent"),
  };
  let care: DeviceCare = openDeviceCare(options);
  onTestFinished(async () => {
    await care.close();
    twins.close();
    state.close();
  });
  const fleet = new GuardedFile(join(folder, "fleet.db"), FLEET_TABLES, "away");
  onTestFinished(() => fleet.close());
  const certify = (device: string, revokedAt: number | null) =>
    fleet.use((sql) => {
      const name = `${device}-${revokedAt}`;
      sql.run(
        `INSERT INTO certificates (serial, tenant, device, role, tenants, issued_at, not_before, not_after, key_sha256, pem,
           revoked_at) VALUES (?, 'chel', ?, 'device', '[]', 1, 1, 2, ?, '', ?)`,
        ...[name, device, name, revokedAt],
      );
    });
  const address = (device: string) => ({ tenant: "chel", device });
  return {
    get care() {
      return care;
    },
    artefacts,
    folder,
    /** Takes the devices out of the reach of whoever reads them; gives how to bring them back. */
    hideDevices: () => {
      state.transaction(nowMs, ({ sql }) => sql.run("ALTER TABLE devices RENAME TO devices_away"));
      return () => state.transaction(nowMs, ({ sql }) => sql.run("ALTER TABLE devices_away RENAME TO devices"));
    },
    /** All certificates that these devices ever had are revoked, and were before they had others. */
    revoke: (devices: readonly string[]) => devices.map((device) => certify(device, nowMs)),
    enrolAgain: (devices: readonly string[]) => devices.map((device) => certify(device, null)),
    passHours: (hours: number) => {
      nowMs += hours * HOUR_MS;
    },
    /** Closes it and opens it again on the same files, as after a kill between two transactions. */
    reopen: async () => {
      await care.close();
      care = openDeviceCare(options);
    },
    hear: (devices: readonly string[], said: Said = {}) => {
      const { model = null, errors = 0, upMs = HOUR_MS, countedFromMs = 0, boot = "boot-1" } = said;
      const counted = {
        errors: { "sensor-silent": errors },
        ...(countedFromMs !== null && { countedFrom: countedFromMs }),
      };
      const health = JSON.stringify({ software: "0.1.0", model, boot, up: upMs, ...counted });
      state.transaction(nowMs, ({ sql }) => {
        for (const device of devices) {
          pinKey(sql, address(device), KEY, nowMs);
          keepHealth(sql, address(device), health, nowMs);
        }
      });
    },
    upload: ({ sha256, file }: TestUpdate) => artefacts.put({ sha256, bytes: file.length }, Readable.from([file])),
    order: (update: TestUpdate, plan: object = {}) => RolloutOrder.parse({ update: update.signed, plan }),
    report: (devices: readonly string[], { id, signed }: TestUpdate, stage: UpdateStage, reason?: string) =>
      twins.transaction((sql) => {
        const { kind, name, version, counter } = signed.manifest;
        for (const device of devices) {
          const before = reportedOf(sql, address(device))?.body.updates.filter((one) => one.id !== id) ?? [];
          const said = { id, kind, name, version, counter, stage, ...(reason === undefined ? {} : { reason }) };
          const updates = [...before, said];
          const reported: Reported = {
            v: 1,
            rev: 1,
            boot: "boot-1",
            settings: {},
            refused: [],
            onTrial: false,
            updates,
          };
          keepReported(sql, address(device), reported, nowMs);
        }
      }),
    /** The devices that an update is wanted of now, by what they would be told. */
    wantedOf: ({ id }: TestUpdate): readonly string[] =>
      twins
        .use((sql) => desiredSince(sql, 0, 100_000))
        .flatMap(({ address: { device }, desired }) => (idsOf(desired.updates).includes(id) ? [device] : []))
        .sort(),
  };
}

const idsOf = (updates: readonly SignedUpdate[]) => updates.map(({ manifest }) => updateId(manifest));
