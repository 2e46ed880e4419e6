import { z } from "zod";
import type { EnrolRequest, FleetNonce, Issued, RenewRequest } from "#contract/enrolment.ts";
import { DeviceName, TenantName } from "#contract/names.ts";
import { faultOfPrincipal, Principal, Role } from "#contract/principals.ts";

const Milliseconds = z.number().int().describe("UTC milliseconds since 1970");

/** Serial number of a certificate: 128 bits in lower-case hex. */
export const Serial = z
  .string()
  .transform((text) => text.replaceAll(":", "").toLowerCase())
  .pipe(z.string().regex(/^[0-9a-f]{32}$/, "must be a serial number: 32 hexadecimal digits"));

/** Why a certificate is revoked. */
export const RevocationReason = z.enum(["unspecified", "key-compromise", "superseded", "retired"]);
export type RevocationReason = z.infer<typeof RevocationReason>;

/** Whom a claim is for, and how long it may wait. */
export const ClaimOrder = Principal.extend({
  role: Role.default("device"),
  hours: z.number().min(0.001).max(720).default(24).describe("the claim lapses after so many hours"),
}).superRefine((order, context) => {
  const fault = faultOfPrincipal(order);
  if (fault !== undefined) context.addIssue(fault);
});
export type ClaimOrder = z.infer<typeof ClaimOrder>;

/** A claim as it is shown, this once. */
export const Claim = z.object({ claim: z.string(), expiresAt: Milliseconds });
export type Claim = z.infer<typeof Claim>;

/** What is to be revoked: one certificate, or all of a client with its open claims. */
export const RevocationOrder = z
  .object({
    serial: Serial.optional(),
    tenant: TenantName.optional(),
    device: DeviceName.optional(),
    reason: RevocationReason.default("unspecified"),
  })
  .superRefine(({ serial, tenant, device }, context) => {
    const isOne = serial !== undefined && tenant === undefined && device === undefined;
    const isAll = serial === undefined && tenant !== undefined && device !== undefined;
    if (!isOne && !isAll) context.addIssue("give either serial, or tenant and device");
  });
export type RevocationOrder = z.infer<typeof RevocationOrder>;

/** What a revocation did. */
export const Revocation = z.object({
  revoked: z.array(z.string()).describe("serial numbers that hold no more since now"),
  claims: z.number().int().describe("open claims that were cancelled"),
});
export type Revocation = z.infer<typeof Revocation>;

/** A certificate as an administrator sees it. */
export const CertificateView = z.object({
  serial: z.string(),
  tenant: z.string(),
  device: z.string(),
  role: Role,
  tenants: z.array(z.string()),
  issuedAt: Milliseconds,
  notAfter: Milliseconds,
  keySha256: z.string().describe("SHA-256 of its public key (SubjectPublicKeyInfo)"),
  renews: z.string().nullable().describe("serial of the certificate that vouched for it; null where a claim did"),
  revokedAt: Milliseconds.nullable(),
  reason: RevocationReason.nullable(),
});
export type CertificateView = z.infer<typeof CertificateView>;

/** Which certificates are asked for; the newest first. */
export const CertificateQuery = z.object({
  tenant: TenantName.optional(),
  device: DeviceName.optional(),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
});
export type CertificateQuery = z.infer<typeof CertificateQuery>;

/** The list of what is revoked, as gateways fetch it. */
export const RevocationList = z.object({ pem: z.string(), etag: z.string(), number: z.number().int() });
export type RevocationList = z.infer<typeof RevocationList>;

/** Sums for the health page. */
export const FleetCounts = z.object({
  certificates: z.number().int().describe("that hold now"),
  revoked: z.number().int(),
  claimsRefused: z.number().int().describe("times that a used claim came again from somebody else"),
});
export type FleetCounts = z.infer<typeof FleetCounts>;

/**
 * The certificate authority of the fleet. What it answers is on disk; it may be asked twice for the same and then gives
 * the same. Rejects with `FleetRefused`, or with `StateUnavailable` when its file cannot be written now.
 */
export interface Fleet {
  claim(order: ClaimOrder): Promise<Claim>;
  enrol(request: EnrolRequest): Promise<Issued>;
  /** What the next renewal is signed over; good for a few minutes and one use. */
  nonce(): Promise<FleetNonce>;
  renew(request: RenewRequest): Promise<Issued>;
  /** Undefined when there is no such certificate and no such claim. */
  revoke(order: RevocationOrder): Promise<Revocation | undefined>;
  certificates(query: CertificateQuery): Promise<readonly CertificateView[]>;
  revocationList(): Promise<RevocationList>;
  /** PEM of the authority's own certificate. */
  authority(): Promise<string>;
  counts(): Promise<FleetCounts>;
}
