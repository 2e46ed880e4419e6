import { createPrivateKey, sign } from "node:crypto";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type Issued, type RenewRequest, renewalBytes } from "#contract/enrolment.ts";
import { createLogger } from "#kit/logger.ts";
import { ClaimOrder, type Fleet } from "../../../cloud/fleet/fleet.ts";
import { type FleetOptions, openFleet } from "../../../cloud/fleet/open-fleet.ts";
import { requestFor } from "../../../firmware-config/certificate-request.ts";
import { makeTlsKey } from "../../../firmware-config/tls-key.ts";
import { tempFolder } from "../../support/temp-folder.ts";

export const DAY_MS = 86_400_000;

/** The real authority, with a clock that a test moves. */
export interface TestFleet {
  readonly fleet: Fleet;
  readonly folder: string;
  passMs(ms: number): void;
  nowMs(): number;
  /** Closes it and opens it again on the same files. */
  reopen(change?: Partial<FleetOptions>): Promise<void>;
}

/** Opens an authority in a fresh folder; it is closed when the test has finished. */
export async function openTestFleet(change: Partial<FleetOptions> = {}): Promise<TestFleet> {
  const folder = await tempFolder();
  let nowMs = Date.now();
  const options: FleetOptions = {
    folder: join(folder, "fleet"),
    file: join(folder, "fleet.db"),
    own: null,
    lifeMs: 90 * DAY_MS,
    clock: { nowMs: () => nowMs, monotonicMs: () => nowMs },
    log: createLogger("test", "silent"),
    ...change,
  };
  let open = await openFleet(options);
  onTestFinished(() => open.close());
  return {
    get fleet() {
      return open;
    },
    folder,
    passMs: (ms) => {
      nowMs += ms;
    },
    nowMs: () => nowMs,
    reopen: async (again = {}) => {
      await open.close();
      open = await openFleet({ ...options, ...again });
    },
  };
}

/** A claim for `chel:truck-1`, unless the order says otherwise. */
export async function aClaim(fleet: Fleet, order: object = {}): Promise<string> {
  return (await fleet.claim(ClaimOrder.parse({ tenant: "chel", device: "truck-1", ...order }))).claim;
}

/** A client's key with its certificate. */
export interface Enrolled extends Issued {
  readonly key: string;
}

/** Claims and enrols with a new key. */
export async function enrolOne(fleet: Fleet, order: object = {}): Promise<Enrolled> {
  const key = makeTlsKey();
  const issued = await fleet.enrol({ claim: await aClaim(fleet, order), csr: requestFor(key) });
  return { ...issued, key };
}

/** A renewal as a device asks for it; `change` is made before it is signed. */
export async function aRenewal(
  fleet: Fleet,
  { certificate, key }: Enrolled,
  change: Partial<Omit<RenewRequest, "signature">> = {},
): Promise<RenewRequest> {
  const { nonce } = await fleet.nonce();
  const body = { certificate, csr: requestFor(makeTlsKey()), nonce, ...change };
  return { ...body, signature: sign("sha256", renewalBytes(body), createPrivateKey(key)).toString("base64url") };
}
