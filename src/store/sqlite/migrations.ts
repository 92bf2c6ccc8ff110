/**
 * The schema, as the steps that led to it. A step that was released is never changed: its like runs in databases that we
 * cannot see. A new one goes to the end.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE apps (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    current_release_id TEXT,
    stopped INTEGER NOT NULL CHECK (stopped IN (0, 1)),
    -- Kept here and not counted from the releases, so that a removed release's version is not given again.
    next_version INTEGER NOT NULL DEFAULT 1,
    FOREIGN KEY (id, current_release_id) REFERENCES releases (app_id, id)
  ) STRICT;

  CREATE TABLE keys (
    name TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL UNIQUE,
    public_key TEXT NOT NULL,
    created_at INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE config_vars (
    app_id TEXT NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (app_id, name)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE builds (
    -- The order in which they came, for those that began in one millisecond.
    sequence INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    app_id TEXT NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
    commit_id TEXT NOT NULL,
    status TEXT NOT NULL,
    builder TEXT,
    image TEXT,
    started_at INTEGER NOT NULL,
    finished_at INTEGER
  ) STRICT;
  CREATE INDEX builds_by_app ON builds (app_id, started_at);

  -- Apart from the builds: a list of builds must not read their logs, nor an added line rewrite one.
  CREATE TABLE build_log_chunks (
    sequence INTEGER PRIMARY KEY,
    build_id TEXT NOT NULL REFERENCES builds (id) ON DELETE CASCADE,
    text TEXT NOT NULL
  ) STRICT;
  CREATE INDEX build_log_chunks_by_build ON build_log_chunks (build_id);

  CREATE TABLE releases (
    id TEXT PRIMARY KEY,
    app_id TEXT NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
    version INTEGER NOT NULL,
    image TEXT NOT NULL,
    config TEXT NOT NULL CHECK (json_valid(config)),
    process_types TEXT NOT NULL CHECK (json_valid(process_types)),
    commit_id TEXT,
    -- No reference: a release tells its build's id also after the build was removed.
    build_id TEXT,
    description TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (app_id, version),
    UNIQUE (app_id, id)
  ) STRICT;

  CREATE TABLE domains (
    -- The order in which they were added.
    sequence INTEGER PRIMARY KEY,
    app_id TEXT NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
    domain TEXT NOT NULL UNIQUE
  ) STRICT;
  CREATE INDEX domains_by_app ON domains (app_id);

  CREATE TABLE formation (
    app_id TEXT NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
    process_type TEXT NOT NULL,
    quantity INTEGER NOT NULL,
    PRIMARY KEY (app_id, process_type)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE properties (
    -- NULL: of the host.
    app_id TEXT REFERENCES apps (id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    value TEXT NOT NULL
  ) STRICT;
  -- In a plain unique index every NULL differs from every other.
  CREATE UNIQUE INDEX properties_by_app ON properties (ifnull(app_id, ''), key);
  CREATE INDEX properties_of_app ON properties (app_id);
  `,
  `
  -- NULL for images that buildpacks made.
  ALTER TABLE releases ADD COLUMN runtime TEXT CHECK (json_valid(runtime));
  `,
  `
  CREATE TABLE routes (
    domain TEXT PRIMARY KEY,
    url TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- Requests of an app in the \`step\` seconds from \`at\` (Unix seconds) on.
  CREATE TABLE traffic (
    app_id TEXT NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
    step INTEGER NOT NULL,
    at INTEGER NOT NULL,
    counts TEXT NOT NULL CHECK (json_valid(counts)),
    PRIMARY KEY (app_id, step, at)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX traffic_by_time ON traffic (step, at);
  `,
  `
  CREATE TABLE certificates (
    -- NULL: of the host.
    app_id TEXT REFERENCES apps (id) ON DELETE CASCADE,
    origin TEXT NOT NULL,
    chain TEXT NOT NULL,
    private_key TEXT NOT NULL,
    names TEXT NOT NULL CHECK (json_valid(names)),
    not_before INTEGER NOT NULL,
    not_after INTEGER NOT NULL,
    created_at INTEGER NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX certificates_by_app ON certificates (ifnull(app_id, ''));
  CREATE INDEX certificates_of_app ON certificates (app_id);

  CREATE TABLE issuances (
    app_id TEXT PRIMARY KEY REFERENCES apps (id) ON DELETE CASCADE,
    failures INTEGER NOT NULL,
    error TEXT NOT NULL,
    retry_at INTEGER NOT NULL
  ) STRICT;
  `,
  `
  ALTER TABLE keys ADD COLUMN admin INTEGER NOT NULL DEFAULT 0 CHECK (admin IN (0, 1));
  -- The installer calls its first key admin. Without one of that name, it is the oldest.
  UPDATE keys SET admin = 1
    WHERE name = (SELECT name FROM keys ORDER BY name = 'admin' DESC, created_at, name LIMIT 1);
  `,
  `
  CREATE TABLE lineage (
    store TEXT PRIMARY KEY,
    generation INTEGER NOT NULL,
    own INTEGER NOT NULL CHECK (own IN (0, 1))
  ) STRICT, WITHOUT ROWID;
  INSERT INTO lineage VALUES (lower(hex(randomblob(16))), 0, 1);
  -- What was made before there were stamps belongs to a store that was there before, and to none that is made now.
  INSERT INTO lineage SELECT '', 0, 0 WHERE EXISTS (SELECT 1 FROM apps);
  `,
];
