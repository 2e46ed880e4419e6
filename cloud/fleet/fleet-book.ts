import { z } from "zod";
import type { Address } from "#contract/names.ts";
import { Principal } from "#contract/principals.ts";
import { type Sql, StateUnavailable } from "../store/state/database.ts";
import { GuardedFile } from "../store/state/guarded-file.ts";
import { type CertificateQuery, CertificateView, type FleetCounts, RevocationReason } from "./fleet.ts";
import type { SignedCertificate } from "./issue.ts";
import type { RevokedEntry } from "./revocation-list.ts";
import { FLEET_TABLES } from "./tables.ts";

const Tenants = z.string().transform((text, context) => {
  const parsed = Principal.shape.tenants.safeParse(JSON.parse(text));
  if (parsed.success) return parsed.data;
  context.addIssue("no list of tenants");
  return z.NEVER;
});

/** A claim as it is kept. */
export const ClaimRow = Principal.extend({
  tenants: Tenants,
  expires_at: z.number(),
  serial: z.string().nullable(),
  cancelled_at: z.number().nullable(),
});
export type ClaimRow = z.infer<typeof ClaimRow>;

/** A certificate as it is kept. */
export const CertificateRow = Principal.extend({
  tenants: Tenants,
  serial: z.string(),
  issued_at: z.number(),
  not_before: z.number(),
  not_after: z.number(),
  key_sha256: z.string(),
  renews: z.string().nullable(),
  pem: z.string(),
  revoked_at: z.number().nullable(),
  reason: RevocationReason.nullable(),
});
export type CertificateRow = z.infer<typeof CertificateRow>;

const ListRow = z.object({ number: z.number(), made_at: z.number(), pem: z.string().nullable() });
const EntryRow = z
  .object({ serial: z.string(), revoked_at: z.number(), reason: RevocationReason })
  .transform(({ serial, revoked_at, reason }): RevokedEntry => ({ serial, revokedAtMs: revoked_at, reason }));
const SerialRow = z.object({ serial: z.string() });
const VOID_LIST = "UPDATE revocation_list SET pem = NULL";
const CountRow = z.object({ n: z.number() });

/** Adds a signed certificate to what is kept of it. */
export interface Recorded {
  readonly principal: Principal;
  readonly signed: SignedCertificate;
  readonly keySha256: string;
  readonly nowMs: number;
}

/** What the authority remembers: one SQLite file with one writer. Throws `StateUnavailable` when the disk will not have it. */
export class FleetBook {
  readonly #file: GuardedFile;

  constructor(file: string) {
    this.#file = new GuardedFile(file, FLEET_TABLES, "the fleet's file cannot be written or read now");
  }

  addClaim(hash: string, { tenant, device, role, tenants }: Principal, nowMs: number, expiresAtMs: number): void {
    this.#file.use((sql) =>
      sql.run(
        "INSERT INTO claims (hash, tenant, device, role, tenants, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        ...[hash, tenant, device, role, JSON.stringify(tenants), nowMs, expiresAtMs],
      ),
    );
  }

  claim(hash: string): ClaimRow | undefined {
    return this.#file.use((sql) => sql.get(ClaimRow, "SELECT * FROM claims WHERE hash = ?", hash));
  }

  countRefused(hash: string): void {
    this.#file.use((sql) => sql.run("UPDATE claims SET refused = refused + 1 WHERE hash = ?", hash));
  }

  certificate(serial: string): CertificateRow | undefined {
    return this.#file.use((sql) => sql.get(CertificateRow, "SELECT * FROM certificates WHERE serial = ?", serial));
  }

  certificateOfKey(keySha256: string): CertificateRow | undefined {
    return this.#file.use((sql) =>
      sql.get(CertificateRow, "SELECT * FROM certificates WHERE key_sha256 = ?", keySha256),
    );
  }

  /** How many certificates one certificate has vouched for. */
  successors(serial: string): number {
    return this.#file.use((sql) => countOf(sql, "SELECT count(*) AS n FROM certificates WHERE renews = ?", serial));
  }

  /** Records the certificate of a claim and uses the claim up, in one transaction. */
  recordClaimed(hash: string, recorded: Recorded): void {
    this.#file.transaction((sql) => {
      insert(sql, recorded, null);
      sql.run("UPDATE claims SET serial = ? WHERE hash = ?", recorded.signed.serial, hash);
    });
  }

  recordRenewed(renews: string, recorded: Recorded): void {
    this.#file.transaction((sql) => insert(sql, recorded, renews));
  }

  /** Revokes one certificate; gives its serial if it held until now, undefined where there is none. */
  revokeOne(serial: string, reason: RevocationReason, nowMs: number): readonly string[] | undefined {
    return this.#file.transaction((sql) => {
      const known = sql.get(SerialRow, "SELECT serial FROM certificates WHERE serial = ?", serial);
      return known === undefined ? undefined : revoke(sql, "serial = ?", [serial], reason, nowMs);
    });
  }

  /** Revokes all certificates of a client and cancels its open claims. */
  revokeAll(
    { tenant, device }: Address,
    reason: RevocationReason,
    nowMs: number,
  ): { readonly known: number; readonly revoked: readonly string[]; readonly claims: number } {
    return this.#file.transaction((sql) => {
      const open = "tenant = ? AND device = ? AND serial IS NULL AND cancelled_at IS NULL AND expires_at > ?";
      const claims = sql.run(`UPDATE claims SET cancelled_at = ? WHERE ${open}`, nowMs, tenant, device, nowMs);
      const known = countOf(
        sql,
        "SELECT count(*) AS n FROM certificates WHERE tenant = ? AND device = ?",
        tenant,
        device,
      );
      return { known, revoked: revoke(sql, "tenant = ? AND device = ?", [tenant, device], reason, nowMs), claims };
    });
  }

  certificates({ tenant, device, limit }: CertificateQuery): readonly CertificateView[] {
    const rows = this.#file.use((sql) =>
      sql.all(
        CertificateRow,
        `SELECT * FROM certificates WHERE (?1 IS NULL OR tenant = ?1) AND (?2 IS NULL OR device = ?2)
         ORDER BY issued_at DESC, serial LIMIT ?3`,
        ...[tenant ?? null, device ?? null, limit],
      ),
    );
    return rows.map((row) =>
      CertificateView.parse({
        ...row,
        issuedAt: row.issued_at,
        notAfter: row.not_after,
        keySha256: row.key_sha256,
        revokedAt: row.revoked_at,
      }),
    );
  }

  /** The list that was last signed; its `pem` is null when it does not hold any more. */
  list(): z.infer<typeof ListRow> {
    const row = this.#file.use((sql) => sql.get(ListRow, "SELECT number, made_at, pem FROM revocation_list"));
    if (row === undefined) throw new StateUnavailable("the fleet's file has lost its revocation list");
    return row;
  }

  /** What the next list names: all that is revoked and expired no earlier than `sinceMs`. */
  revokedEntries(sinceMs: number): readonly RevokedEntry[] {
    return this.#file.use((sql) =>
      sql.all(
        EntryRow,
        `SELECT serial, revoked_at, reason FROM certificates WHERE revoked_at IS NOT NULL AND not_after >= ?
         ORDER BY revoked_at, serial`,
        sinceMs,
      ),
    );
  }

  /** The list that was last signed holds no more. */
  voidList(): void {
    this.#file.use((sql) => sql.run(VOID_LIST));
  }

  keepList(number: number, pem: string, nowMs: number): void {
    this.#file.use((sql) => sql.run("UPDATE revocation_list SET number = ?, made_at = ?, pem = ?", number, nowMs, pem));
  }

  counts(nowMs: number): FleetCounts {
    return this.#file.use((sql) => ({
      certificates: countOf(
        sql,
        "SELECT count(*) AS n FROM certificates WHERE revoked_at IS NULL AND not_after > ?",
        nowMs,
      ),
      revoked: countOf(sql, "SELECT count(*) AS n FROM certificates WHERE revoked_at IS NOT NULL"),
      claimsRefused: countOf(sql, "SELECT coalesce(sum(refused), 0) AS n FROM claims"),
    }));
  }

  close(): void {
    this.#file.close();
  }
}

function insert(sql: Sql, { principal, signed, keySha256, nowMs }: Recorded, renews: string | null): void {
  const { tenant, device, role, tenants } = principal;
  const { serial, notBeforeMs, notAfterMs, pem } = signed;
  sql.run(
    `INSERT INTO certificates
       (serial, tenant, device, role, tenants, issued_at, not_before, not_after, key_sha256, renews, pem)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ...[serial, tenant, device, role, JSON.stringify(tenants), nowMs, notBeforeMs, notAfterMs, keySha256, renews, pem],
  );
}

/** Marks what holds and voids the signed list, so that a crash before the next one is signed forgets nothing. */
function revoke(
  sql: Sql,
  where: string,
  values: readonly string[],
  reason: RevocationReason,
  nowMs: number,
): readonly string[] {
  const held = sql.all(SerialRow, `SELECT serial FROM certificates WHERE ${where} AND revoked_at IS NULL`, ...values);
  for (const { serial } of held) {
    sql.run("UPDATE certificates SET revoked_at = ?, reason = ? WHERE serial = ?", nowMs, reason, serial);
  }
  if (held.length > 0) sql.run(VOID_LIST);
  return held.map(({ serial }) => serial);
}

const countOf = (sql: Sql, query: string, ...values: (string | number)[]): number =>
  sql.get(CountRow, query, ...values)?.n ?? 0;
