/** The tables of `fleet.db`, and their version (`user_version`). Times are UTC ms; `tenants` is a JSON list. */
export const FLEET_TABLES = {
  version: 1,
  tables: `
-- A claim is kept as SHA-256 (hex); serial names the certificate that it was used for, refused how often somebody else
-- came with it afterwards.
CREATE TABLE claims (
  hash TEXT PRIMARY KEY,
  tenant TEXT NOT NULL,
  device TEXT NOT NULL,
  role TEXT NOT NULL,
  tenants TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  serial TEXT,
  cancelled_at INTEGER,
  refused INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX claims_of_device ON claims (tenant, device);

-- Everything that was ever signed. key_sha256 is over the SubjectPublicKeyInfo; a key gets one certificate. renews is the
-- serial of the certificate that vouched for this one, null where a claim did.
CREATE TABLE certificates (
  serial TEXT PRIMARY KEY,
  tenant TEXT NOT NULL,
  device TEXT NOT NULL,
  role TEXT NOT NULL,
  tenants TEXT NOT NULL,
  issued_at INTEGER NOT NULL,
  not_before INTEGER NOT NULL,
  not_after INTEGER NOT NULL,
  key_sha256 TEXT NOT NULL UNIQUE,
  renews TEXT,
  pem TEXT NOT NULL,
  revoked_at INTEGER,
  reason TEXT
) STRICT;
CREATE INDEX certificates_of_device ON certificates (tenant, device);
CREATE INDEX certificates_by_time ON certificates (issued_at);
CREATE INDEX certificates_by_renewed ON certificates (renews);
CREATE INDEX certificates_revoked ON certificates (revoked_at) WHERE revoked_at IS NOT NULL;

-- One row: the list that was last signed. pem is null when something was revoked since.
CREATE TABLE revocation_list (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  number INTEGER NOT NULL,
  made_at INTEGER NOT NULL,
  pem TEXT
) STRICT;
INSERT INTO revocation_list (id, number, made_at, pem) VALUES (1, 0, 0, NULL);
`,
} as const;
