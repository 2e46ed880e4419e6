import { type Address, clientIdOf } from "#contract/names.ts";
import { requestFor } from "./certificate-request.ts";
import { EnrolRefused, enrol, renew } from "./fleet-client.ts";
import {
  BadIdentity,
  forgetNextKey,
  type Identity,
  identityOf,
  keepIdentity,
  nextKeyIn,
  noteSpent,
} from "./identity-files.ts";

/** Where a certificate is asked for and kept. */
export interface CertificatePlace {
  readonly fleetUrl: string;
  readonly folder: string;
  /** Who this is; undefined takes whoever the claim was made for. */
  readonly address?: Address | undefined;
}

/**
 * Turns a claim into a certificate and keeps it with its key. It may be asked again after any failure: the key stays the
 * same until its certificate is on disk. Rejects with `EnrolRefused`, `FleetAway`, `BadIdentity` or a disk's trouble.
 */
export async function enrolInto(place: CertificatePlace, claim: string, signal?: AbortSignal): Promise<Identity> {
  const identity = await getCertificate(place, (csr) => enrol(place.fleetUrl, { claim, csr }, signal));
  await noteSpent(place.folder, claim).catch(() => {
    // The certificate is kept, which matters; without the note the claim may be tried once more when it ends.
  });
  return identity;
}

/** Asks for the next certificate with the current one, and keeps it with its key. Rejects as `enrolInto`; the current one stays then. */
export function renewIn(place: CertificatePlace, current: Identity, signal?: AbortSignal): Promise<Identity> {
  const { certificatePem: certificate, keyPem } = current;
  return getCertificate(place, (csr) => renew(place.fleetUrl, { certificate, keyPem, csr }, signal));
}

async function getCertificate(
  { folder, address }: CertificatePlace,
  ask: (csr: string) => ReturnType<typeof enrol>,
): Promise<Identity> {
  const keyPem = await nextKeyIn(folder);
  const issued = await ask(requestFor(keyPem)).catch(async (error: unknown) => {
    // A copy of this disk got its certificate first: the next try comes with a key of its own.
    if (error instanceof EnrolRefused && error.code === "key-known") await forgetNextKey(folder);
    throw error;
  });
  const identity = identityOf(keyPem, issued);
  const named = clientIdOf(identity.principal);
  if (address !== undefined && clientIdOf(address) !== named) {
    throw new BadIdentity(`the claim was made for ${named}, but this is ${clientIdOf(address)}`);
  }
  await keepIdentity(folder, identity, issued.ca);
  return identity;
}
