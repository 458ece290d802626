/**
 * Migrations of the database: entry i converts version i to version i + 1. Never change a
 * published entry; append a new one. Each has a test.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
  INSERT INTO counters VALUES ('run', 0);

  -- Programs that have this project open; 'processStart' tells a reused pid apart.
  CREATE TABLE cores (
    id TEXT PRIMARY KEY,
    host TEXT NOT NULL,
    pid INTEGER NOT NULL,
    process_start TEXT,
    updated_at INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE runs (
    id TEXT PRIMARY KEY,
    number INTEGER NOT NULL UNIQUE,
    name TEXT NOT NULL,
    state TEXT NOT NULL,
    created_at TEXT NOT NULL,
    ended_at TEXT,
    core_id TEXT,
    trainer_host TEXT,
    trainer_pid INTEGER,
    trainer_start TEXT,
    continued_from TEXT,
    continued_mode TEXT,
    continued_checkpoint TEXT,
    model TEXT NOT NULL,
    dataset TEXT NOT NULL,
    configuration TEXT NOT NULL,
    feature_spec TEXT,
    row_counts TEXT,
    data_fingerprint TEXT,
    versions TEXT NOT NULL,
    engine TEXT,
    device TEXT,
    execution TEXT,
    test TEXT,
    error TEXT,
    best_epoch INTEGER,
    steps_done INTEGER NOT NULL DEFAULT 0,
    seq INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX runs_by_state ON runs (state);

  -- Losses of steps first_step, first_step + 1, … as little-endian float32.
  CREATE TABLE step_losses (
    run_id TEXT NOT NULL REFERENCES runs ON DELETE CASCADE,
    first_step INTEGER NOT NULL,
    losses BLOB NOT NULL,
    PRIMARY KEY (run_id, first_step)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE epochs (
    run_id TEXT NOT NULL REFERENCES runs ON DELETE CASCADE,
    epoch INTEGER NOT NULL,
    metrics TEXT NOT NULL,
    duration_ms REAL NOT NULL,
    steps_per_second REAL NOT NULL,
    PRIMARY KEY (run_id, epoch)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE log_lines (
    id INTEGER PRIMARY KEY,
    run_id TEXT NOT NULL REFERENCES runs ON DELETE CASCADE,
    at TEXT NOT NULL,
    level TEXT NOT NULL,
    message TEXT NOT NULL
  ) STRICT;
  CREATE INDEX log_lines_by_run ON log_lines (run_id);

  CREATE TABLE checkpoints (
    run_id TEXT NOT NULL REFERENCES runs ON DELETE CASCADE,
    kind TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    step INTEGER NOT NULL,
    batch INTEGER NOT NULL,
    metrics TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    PRIMARY KEY (run_id, kind)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX checkpoints_by_file ON checkpoints (sha256);
  `,
  // JSON: files, columns and rows of the run's data as it was prepared.
  'ALTER TABLE runs ADD COLUMN data_record TEXT',
  // The callback that completed the run.
  'ALTER TABLE runs ADD COLUMN ended_by TEXT',
  `
  -- Files that are kept although they may be no run's checkpoint. 'origin' is JSON. 'unnamed_since' is the time in
  -- milliseconds when a sweep first found that nothing names the file.
  CREATE TABLE artifacts (
    sha256 TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    origin TEXT NOT NULL,
    feature_spec TEXT,
    created_at TEXT NOT NULL,
    unnamed_since INTEGER
  ) STRICT, WITHOUT ROWID;

  -- A run owns the files that its model names and the one that it started from. A core owns the files that its windows'
  -- undo histories may name.
  CREATE TABLE artifact_owners (
    sha256 TEXT NOT NULL,
    run_id TEXT REFERENCES runs ON DELETE CASCADE,
    core_id TEXT REFERENCES cores ON DELETE CASCADE,
    CHECK ((run_id IS NULL) <> (core_id IS NULL))
  ) STRICT;
  CREATE UNIQUE INDEX artifacts_by_run ON artifact_owners (sha256, run_id) WHERE run_id IS NOT NULL;
  CREATE UNIQUE INDEX artifacts_by_core ON artifact_owners (sha256, core_id) WHERE core_id IS NOT NULL;
  CREATE INDEX owning_runs ON artifact_owners (run_id);
  CREATE INDEX owning_cores ON artifact_owners (core_id);

  -- The file of the first weights of a run that does not resume another.
  ALTER TABLE runs ADD COLUMN start_artifact TEXT;
  UPDATE runs SET start_artifact = (
    SELECT sha256 FROM checkpoints WHERE run_id = runs.continued_from AND kind = runs.continued_checkpoint
  ) WHERE continued_mode = 'weights';
  INSERT INTO artifact_owners (sha256, run_id) SELECT start_artifact, id FROM runs WHERE start_artifact IS NOT NULL;
  `,
  `
  -- Steps before the checkpoint that the run resumes. Its configuration has the settings of commands before that step.
  ALTER TABLE runs ADD COLUMN start_step INTEGER NOT NULL DEFAULT 0;

  -- Commands that were applied, and those of an earlier run that are still to be applied. 'command' is JSON.
  CREATE TABLE run_commands (
    run_id TEXT NOT NULL REFERENCES runs ON DELETE CASCADE,
    seq INTEGER NOT NULL,
    step INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    at TEXT NOT NULL,
    command TEXT NOT NULL,
    PRIMARY KEY (run_id, seq)
  ) STRICT, WITHOUT ROWID;

  -- Commands from other programs to the core that trains the run. 'answer' is JSON: an error, or null.
  CREATE TABLE command_requests (
    id INTEGER PRIMARY KEY,
    run_id TEXT NOT NULL REFERENCES runs ON DELETE CASCADE,
    command TEXT NOT NULL,
    answer TEXT
  ) STRICT;
  `,
  // Files of which the tensors that do not train are in another file, which several share.
  `
  CREATE TABLE artifact_parts (sha256 TEXT PRIMARY KEY, frozen TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE INDEX artifacts_by_frozen ON artifact_parts (frozen);
  `,
  // The id of a request that was removed must not be used again: the program that asked would read another's answer.
  `
  DROP TABLE command_requests;
  CREATE TABLE command_requests (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    run_id TEXT NOT NULL REFERENCES runs ON DELETE CASCADE,
    command TEXT NOT NULL,
    answer TEXT
  ) STRICT;
  `,
  // Commands that the trainer has refused, for the windows of other programs. 'command' is JSON.
  `
  CREATE TABLE refused_commands (
    run_id TEXT NOT NULL REFERENCES runs ON DELETE CASCADE,
    seq INTEGER NOT NULL,
    command TEXT NOT NULL,
    PRIMARY KEY (run_id, seq)
  ) STRICT, WITHOUT ROWID;
  `,
  // JSON: hashes of the weights before and after the training.
  'ALTER TABLE runs ADD COLUMN freezing TEXT',
  `
  -- Runs that were queued and are compared together.
  CREATE TABLE run_groups (id TEXT PRIMARY KEY, name TEXT NOT NULL) STRICT, WITHOUT ROWID;
  ALTER TABLE runs ADD COLUMN group_id TEXT REFERENCES run_groups;
  ALTER TABLE runs ADD COLUMN group_variant TEXT;
  ALTER TABLE runs ADD COLUMN group_seed INTEGER;
  CREATE INDEX runs_by_group ON runs (group_id) WHERE group_id IS NOT NULL;
  CREATE TRIGGER empty_groups AFTER DELETE ON runs WHEN OLD.group_id IS NOT NULL BEGIN
    DELETE FROM run_groups WHERE id = OLD.group_id AND NOT EXISTS (SELECT 1 FROM runs WHERE group_id = OLD.group_id);
  END;
  `,
];
