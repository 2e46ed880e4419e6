/** The tables of `twins.db`, and their version (`user_version`). Times are UTC ms. */
export const TWIN_TABLES = {
  version: 2,
  tables: `
-- What is wanted of each device: settings as JSON, updates as a JSON list of their ids. rev grows with each change of the
-- row and is what the device sees; revision counts the changes of all rows, for whoever tells the devices.
CREATE TABLE twins (
  tenant TEXT NOT NULL,
  device TEXT NOT NULL,
  rev INTEGER NOT NULL,
  settings TEXT NOT NULL,
  updates TEXT NOT NULL,
  revision INTEGER NOT NULL,
  PRIMARY KEY (tenant, device)
) STRICT;
CREATE UNIQUE INDEX twins_by_revision ON twins (revision);

-- What each device last said is in force, whole.
CREATE TABLE reported (
  tenant TEXT NOT NULL,
  device TEXT NOT NULL,
  body TEXT NOT NULL,
  at INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  PRIMARY KEY (tenant, device)
) STRICT;
CREATE UNIQUE INDEX reported_by_revision ON reported (revision);

-- One update on its way through the fleet. signed is the SignedUpdate, plan how it goes (tenants, waves, thresholds), both
-- JSON and never changed. wave counts from 0; why says what it waits for or why it ended.
CREATE TABLE rollouts (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  counter INTEGER NOT NULL,
  signed TEXT NOT NULL,
  plan TEXT NOT NULL,
  status TEXT NOT NULL,
  wave INTEGER NOT NULL,
  wave_since INTEGER NOT NULL,
  why TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  ended_at INTEGER,
  UNIQUE (kind, name, counter)
) STRICT;

-- Devices that an update was given to, with what they last said of it. errors_before: counted errors in an hour, as the
-- device's health had them then; null where it had none. tally: what it had counted then, and later
-- when it switched (ErrorTally, JSON).
CREATE TABLE members (
  id TEXT NOT NULL,
  tenant TEXT NOT NULL,
  device TEXT NOT NULL,
  given_at INTEGER NOT NULL,
  stage TEXT,
  reason TEXT,
  switched_at INTEGER,
  errors_before REAL,
  tally TEXT,
  PRIMARY KEY (id, tenant, device)
) STRICT;
`,
  upgrades: ["ALTER TABLE members ADD COLUMN tally TEXT;"],
} as const;
