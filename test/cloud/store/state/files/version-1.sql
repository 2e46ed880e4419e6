-- The tables as the first version laid them out.
CREATE TABLE counters (
  name TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Numbers of one log, as JSON ranges: received (whatever is settled), those of them that are lost, and those of the lost
-- that never came and are only covered by a gap. arrived counts what came itself.
CREATE TABLE logs (
  tenant TEXT NOT NULL,
  device TEXT NOT NULL,
  log TEXT NOT NULL,
  received TEXT NOT NULL,
  lost TEXT NOT NULL,
  arrived INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  covered TEXT NOT NULL DEFAULT '[]',
  PRIMARY KEY (tenant, device, log)
) STRICT;
CREATE INDEX logs_by_revision ON logs (revision);
CREATE INDEX logs_of_device ON logs (tenant, device, revision);

-- What could not be used: a message counts once however often it comes. bytes are shorter than size (empty) where their
-- sender had no room left; dead_letter_bytes holds what each sender takes up.
CREATE TABLE dead_letters (
  topic TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  reason TEXT NOT NULL,
  detail TEXT NOT NULL,
  at INTEGER NOT NULL,
  times INTEGER NOT NULL,
  bytes BLOB NOT NULL,
  size INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (topic, sha256)
) STRICT;
CREATE INDEX dead_letters_by_time ON dead_letters (at);
CREATE INDEX dead_letters_by_reason ON dead_letters (reason);

CREATE TABLE dead_letter_bytes (
  sender TEXT PRIMARY KEY,
  bytes INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE devices (
  tenant TEXT NOT NULL,
  device TEXT NOT NULL,
  public_key TEXT,
  pinned_at INTEGER,
  other_key TEXT,
  health TEXT,
  health_at INTEGER,
  PRIMARY KEY (tenant, device)
) STRICT;

-- Gaps and alerts of the devices themselves, whole, for those who will show them. kind: gap, refused-gap (its sender may
-- not say so: it covers nothing), alert.
CREATE TABLE device_reports (
  tenant TEXT NOT NULL,
  device TEXT NOT NULL,
  log TEXT NOT NULL,
  seq INTEGER NOT NULL,
  kind TEXT NOT NULL,
  stored_at INTEGER NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (tenant, device, log, seq)
) STRICT;

CREATE TABLE latest_samples (
  station TEXT NOT NULL,
  sensor TEXT NOT NULL,
  at INTEGER NOT NULL,
  sample TEXT NOT NULL,
  replay TEXT,
  stored_at INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (station, sensor)
) STRICT;

-- body is the message as it came: what was signed can be checked by anybody later.
CREATE TABLE visits (
  tenant TEXT NOT NULL,
  device TEXT NOT NULL,
  visit TEXT NOT NULL,
  site TEXT NOT NULL,
  started_at INTEGER,
  ended_at INTEGER,
  stored_at INTEGER NOT NULL,
  signature TEXT NOT NULL,
  photos TEXT NOT NULL,
  chain_hash TEXT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (tenant, device, visit)
) STRICT;
CREATE INDEX visits_of_site ON visits (site);
CREATE INDEX visits_to_verify ON visits (tenant, device) WHERE signature = 'unknown-key';

CREATE TABLE site_visits (
  site TEXT PRIMARY KEY,
  tenant TEXT NOT NULL,
  device TEXT NOT NULL,
  visit TEXT NOT NULL,
  ordered_at INTEGER NOT NULL
) STRICT;

CREATE TABLE visit_photos (
  sha TEXT NOT NULL,
  tenant TEXT NOT NULL,
  device TEXT NOT NULL,
  visit TEXT NOT NULL,
  PRIMARY KEY (sha, tenant, device, visit)
) STRICT, WITHOUT ROWID;

CREATE TABLE alerts (
  id TEXT PRIMARY KEY,
  cause TEXT NOT NULL,
  tenant TEXT NOT NULL,
  device TEXT NOT NULL,
  visit TEXT NOT NULL,
  site TEXT NOT NULL,
  municipality TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  acknowledged_at INTEGER,
  acknowledged_by TEXT,
  UNIQUE (cause, tenant, device, visit)
) STRICT;
-- Alerts that are done with pile up for ever; what the pages ask for must not grow with them.
CREATE INDEX alerts_open ON alerts (site) WHERE acknowledged_at IS NULL;
CREATE INDEX alerts_done ON alerts (created_at DESC, id) WHERE acknowledged_at IS NOT NULL;

-- One announced photo of a device: pending until its chunks are here, then whole or failed.
CREATE TABLE photos (
  tenant TEXT NOT NULL,
  device TEXT NOT NULL,
  sha TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  n INTEGER NOT NULL,
  status TEXT NOT NULL,
  topic TEXT NOT NULL,
  notice BLOB NOT NULL,
  noticed_at INTEGER NOT NULL,
  settled_at INTEGER,
  PRIMARY KEY (tenant, device, sha)
) STRICT;
CREATE INDEX photos_pending ON photos (noticed_at) WHERE status = 'pending';
CREATE INDEX photos_whole ON photos (sha) WHERE status = 'whole';
CREATE INDEX photos_of_device ON photos (tenant, device, settled_at) WHERE status = 'whole';
PRAGMA user_version = 1;
