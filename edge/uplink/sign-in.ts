import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Address, clientIdOf } from "#contract/names.ts";
import type { Closer } from "#kit/closer.ts";
import { messageOf } from "#kit/errors.ts";
import { BadConfig } from "#kit/load-config.ts";
import { readSecret } from "#kit/read-secret.ts";
import type { LinkLogin } from "#uplink/kept-link.ts";
import type { EdgeConfig } from "../../firmware-config/settings/edge-settings.ts";
import { type DeviceIdentityOptions, type IdentityStatus, startDeviceIdentity } from "../identity/device-identity.ts";
import { readClaim } from "../identity/read-claim.ts";

/** How the device signs in at its broker. */
export interface SignIn extends Closer {
  /** Asked before each connection; rejects with the reason while there is nothing to sign in with. */
  login(): Promise<LinkLogin>;
  /** Calls back when the next connection would sign in with something newer. */
  onNew(listener: () => void): void;
  /** The broker has refused it. */
  doubt(): void;
  /** Null with a token. */
  certificate(): IdentityStatus | null;
}

/** What a certificate is got and kept with. */
type CertificateParts = Omit<DeviceIdentityOptions, "folder" | "fleetUrl" | "address" | "claim">;

/** The broker of the moment: the cloud may change it. */
export interface BrokerSettings {
  broker(): Pick<EdgeConfig, "BROKER_URL" | "BROKER_CA">;
}

/** Signs in with a certificate of the fleet, or for development with a token. Rejects with `BadConfig`. */
export async function openSignIn(
  config: EdgeConfig,
  { broker, ...parts }: CertificateParts & BrokerSettings,
): Promise<SignIn> {
  const address: Address = { tenant: config.TENANT, device: config.DEVICE };
  /** Read for each connection: a file that is missing is a trouble of the link, and ends when the file is there. */
  const atBroker = async () => {
    const { BROKER_URL: url, BROKER_CA } = broker();
    const tls = BROKER_CA === undefined ? {} : { ca: await readPem(BROKER_CA) };
    return { url, clientId: clientIdOf(address), username: clientIdOf(address), tls };
  };
  const { FLEET_URL: fleetUrl, TOKEN, TOKEN_FILE } = config;
  if (fleetUrl === undefined) {
    const token = TOKEN ?? (await readSecret("TOKEN_FILE", TOKEN_FILE ?? ""));
    return {
      login: async () => ({ ...(await atBroker()), token }),
      onNew: () => {},
      doubt: () => {},
      certificate: () => null,
      close: async () => {},
    };
  }
  const folder = join(config.DATA_DIR, "identity");
  const claim = () => readClaim(config);
  const identity = await startDeviceIdentity({ ...parts, folder, fleetUrl, address, claim });
  return {
    login: async () => {
      const { keyPem, certificatePem } = identity.current();
      const common = await atBroker();
      return { ...common, tls: { ...common.tls, key: Buffer.from(keyPem), cert: Buffer.from(certificatePem) } };
    },
    onNew: identity.onNew,
    doubt: identity.doubt,
    certificate: identity.status,
    close: identity.close,
  };
}

async function readPem(file: string): Promise<Buffer> {
  return await readFile(file).catch((cause: unknown) => {
    throw new BadConfig(`BROKER_CA: ${file} cannot be read (${messageOf(cause)})`, { cause });
  });
}
