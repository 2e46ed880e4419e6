/** Version of the tables below, kept in the file itself (`user_version`). */
export const SCHEMA_VERSION = 10;

/** What is known of boots, and what waits for its time. */
const TIMES = `
-- Pairs of time and milliseconds since boot that a device's messages carried: of each boot and clock the first and the last.
CREATE TABLE boot_times (
  tenant TEXT NOT NULL,
  device TEXT NOT NULL,
  boot TEXT NOT NULL,
  clock TEXT NOT NULL,
  first_up INTEGER NOT NULL,
  first_at INTEGER NOT NULL,
  last_up INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  stored_at INTEGER NOT NULL,
  PRIMARY KEY (tenant, device, boot, clock)
) STRICT, WITHOUT ROWID;

-- Readings with samples whose time is not known yet, whole. zero_at is the UTC ms at which their boot began: once it is
-- chosen it stays, so that points that are written again are the same points. is_placeless: no station at that time.
CREATE TABLE timeless_readings (
  n INTEGER PRIMARY KEY,
  tenant TEXT NOT NULL,
  device TEXT NOT NULL,
  boot TEXT NOT NULL,
  topic TEXT NOT NULL,
  payload BLOB NOT NULL,
  stored_at INTEGER NOT NULL,
  zero_at INTEGER,
  clock TEXT,
  error_ms INTEGER,
  is_placeless INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX timeless_readings_of_boot ON timeless_readings (tenant, device, boot, is_placeless, n);

-- What waits there of each boot.
CREATE TABLE timeless_boots (
  tenant TEXT NOT NULL,
  device TEXT NOT NULL,
  boot TEXT NOT NULL,
  readings INTEGER NOT NULL,
  placeless INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  since INTEGER NOT NULL,
  PRIMARY KEY (tenant, device, boot)
) STRICT, WITHOUT ROWID;

-- Visits with moments of a boot whose time is not known yet.
CREATE TABLE timeless_visits (
  tenant TEXT NOT NULL,
  device TEXT NOT NULL,
  visit TEXT NOT NULL,
  boot TEXT NOT NULL,
  PRIMARY KEY (tenant, device, visit, boot)
) STRICT, WITHOUT ROWID;
`;

/** What version 3 adds to these. */
const DOUBTS = `
-- aside: 0, to be repaired once a time is known; 1, no station at that time; 2, no time that can be believed.
ALTER TABLE timeless_readings RENAME COLUMN is_placeless TO aside;
ALTER TABLE timeless_boots ADD COLUMN doubtful INTEGER NOT NULL DEFAULT 0;
ALTER TABLE timeless_visits ADD COLUMN is_doubtful INTEGER NOT NULL DEFAULT 0;

-- What waits of each device: boots, and bytes with the fixed cost of each reading.
CREATE TABLE timeless_devices (
  tenant TEXT NOT NULL,
  device TEXT NOT NULL,
  boots INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  PRIMARY KEY (tenant, device)
) STRICT, WITHOUT ROWID;
`;

/** What version 7 adds: official bulletins as they were given, by the name of the message. */
const BULLETINS = `
CREATE TABLE bulletins (
  name TEXT PRIMARY KEY,
  body TEXT NOT NULL,
  sent_at INTEGER NOT NULL,
  stored_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX bulletins_by_time ON bulletins (sent_at DESC, name);
`;

/** What version 4 adds: of the newest samples their instrument and what quality control said, as JSON. */
const NOTES = `
ALTER TABLE latest_samples ADD COLUMN notes TEXT;
`;

/** What version 5 adds: averages of the air that must be computed anew, and the newest ones of each station. */
const AVERAGES = `
-- A window whose points or parts have changed. Of minutes (m1) there is one row for each hour: start is the hour's, from_at and
-- to_at say which of its minutes. generation grows with each mark, so that one that is set while its window is computed stays.
CREATE TABLE dirty_windows (
  resolution TEXT NOT NULL,
  tenant TEXT NOT NULL,
  station TEXT NOT NULL,
  start INTEGER NOT NULL,
  from_at INTEGER NOT NULL,
  to_at INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  PRIMARY KEY (resolution, station, start)
) STRICT, WITHOUT ROWID;
CREATE INDEX dirty_windows_by_time ON dirty_windows (start, due_at);

-- What is shown of a station beside its newest samples, as JSON; due_at: when it is to be looked at again, null: not before something comes.
CREATE TABLE station_averages (
  station TEXT PRIMARY KEY,
  tenant TEXT NOT NULL,
  averages TEXT NOT NULL,
  due_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX station_averages_due ON station_averages (due_at) WHERE due_at IS NOT NULL;
`;

/** What version 8 adds: how far averages are made of the points from before there were averages. */
const BACKFILL = `
-- One row once it has begun: points before this moment (UTC ms) are still to be marked; 0 where all are.
CREATE TABLE air_backfill (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  before_at INTEGER NOT NULL
) STRICT;
`;

/** What version 10 has in place of the table of version 9: whose days the days of the air are. */
const ZONES = `
-- since: from when on (UTC ms) days are those of the zone; the first one's is 0, the last one's may be to come.
CREATE TABLE air_zones (
  since INTEGER PRIMARY KEY,
  time_zone TEXT NOT NULL
) STRICT;
`;

/** What version 9 adds: by which time zone the days of the air are made, and how far they are made anew after it was changed. */
const DAYS = `
-- before_at: days of hours from before this moment (UTC ms) are still to be marked; 0 where all are.
CREATE TABLE air_days (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  time_zone TEXT NOT NULL,
  before_at INTEGER NOT NULL
) STRICT;
`;

/** What version 6 adds: what quality control remembers of each sensor, as its own text. */
const MEMORIES = `
CREATE TABLE sensor_memories (
  station TEXT NOT NULL,
  sensor TEXT NOT NULL,
  memory TEXT NOT NULL,
  PRIMARY KEY (station, sensor)
) STRICT, WITHOUT ROWID;
`;

/**
 * Brings a file of version 1 to 2, of 2 to 3, and so on. Version 1 had no room for what waits: its letters without a time are
 * tried again (is_old: what of them has no time is not kept yet), and its visits begin to wait.
 */
export const UPGRADES: readonly string[] = [
  `${TIMES}
ALTER TABLE latest_samples ADD COLUMN time_error_ms INTEGER;
ALTER TABLE visits ADD COLUMN time_error_ms INTEGER;
INSERT OR IGNORE INTO timeless_visits (tenant, device, visit, boot)
  SELECT tenant, device, visit, json_extract(body, '$.boot') FROM visits WHERE started_at IS NULL OR ended_at IS NULL;
`,
  `${DOUBTS}
ALTER TABLE dead_letters ADD COLUMN is_old INTEGER NOT NULL DEFAULT 0;
UPDATE dead_letters SET is_old = 1, reason = 'no-station'
  WHERE reason IN ('no-time', 'no-station') AND length(bytes) = size;
INSERT INTO timeless_devices (tenant, device, boots, bytes)
  SELECT tenant, device, count(*), sum(bytes + 200 * readings) FROM timeless_boots GROUP BY tenant, device;
`,
  NOTES,
  AVERAGES,
  MEMORIES,
  BULLETINS,
  BACKFILL,
  `${DAYS}
ALTER TABLE dead_letters ADD COLUMN placeless TEXT;
`,
  `${ZONES}
INSERT INTO air_zones (since, time_zone) SELECT 0, time_zone FROM air_days;
DROP TABLE air_days;
`,
];

/**
 * The tables of the state store. Times are UTC ms. `revision` counts transactions that touched a log, so that whoever
 * tells the devices what is stored asks only for what is new.
 */
export const SCHEMA = `${TIMES}${DOUBTS}${AVERAGES}${MEMORIES}${BULLETINS}${BACKFILL}${ZONES}
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
-- sender had no room left; dead_letter_bytes holds what each sender takes up. is_old: from before what has no time was kept.
-- placeless: which of a reading's samples are stored nowhere yet, as JSON ranges; null where that is not known.
CREATE TABLE dead_letters (
  topic TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  reason TEXT NOT NULL,
  detail TEXT NOT NULL,
  at INTEGER NOT NULL,
  times INTEGER NOT NULL,
  bytes BLOB NOT NULL,
  size INTEGER NOT NULL DEFAULT 0,
  is_old INTEGER NOT NULL DEFAULT 0,
  placeless TEXT,
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
  time_error_ms INTEGER,
  notes TEXT,
  PRIMARY KEY (station, sensor)
) STRICT;

-- body is the message as it came: what was signed can be checked by anybody later. The times and photos beside it are those
-- that are shown: where the device did not know them they are derived, to within time_error_ms.
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
  time_error_ms INTEGER,
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
`;
