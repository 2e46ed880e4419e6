import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { type Address, clientIdOf, RESERVED_TENANT } from "#contract/names.ts";
import { addClient } from "../../firmware-config/credentials.ts";
import { FLEET, POST, TRUCK } from "./places.ts";

const Secrets = z.object({ admin: z.string(), tokens: z.record(z.string(), z.string()) });

/** What the town's people and devices sign in with; made at random at the first start and kept with mode 0600. */
export interface TownSecrets {
  readonly admin: string;
  readonly credentialsFile: string;
  tokenOf(address: Address): string;
}

/** The cloud as a client of the gateway. */
export const CLOUD: Address = { tenant: RESERVED_TENANT, device: "cloud" };

/** Reads the town's secrets, or makes them: the gateway's file holds hashes only. */
export async function townSecrets(folder: string): Promise<TownSecrets> {
  const file = join(folder, "secrets.json");
  const credentialsFile = join(folder, "credentials.json");
  const kept = await readFile(file, "utf8").catch(() => undefined);
  const secrets = kept === undefined ? await makeSecrets(file, credentialsFile) : Secrets.parse(JSON.parse(kept));
  return {
    admin: secrets.admin,
    credentialsFile,
    tokenOf: (address) => {
      const token = secrets.tokens[clientIdOf(address)];
      if (token === undefined)
        throw new Error(`${file} has no token of ${clientIdOf(address)}; remove it to start anew`);
      return token;
    },
  };
}

async function makeSecrets(file: string, credentialsFile: string): Promise<z.infer<typeof Secrets>> {
  const tokens: Record<string, string> = {};
  for (const address of [CLOUD, TRUCK, POST, ...FLEET]) {
    const role = address.tenant === RESERVED_TENANT ? "consumer" : "device";
    tokens[clientIdOf(address)] = await addClient(credentialsFile, { ...address, role });
  }
  const secrets = { admin: randomBytes(24).toString("base64url"), tokens };
  await writeFile(file, JSON.stringify(secrets, undefined, 2), { mode: 0o600 });
  return secrets;
}
