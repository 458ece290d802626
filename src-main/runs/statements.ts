import type { Database } from './database.ts';

/** The prepared statements that write the database, with named parameters. */
export function prepareStatements(database: Database) {
  const write = <Parameters extends object>(sql: string) => database.prepare<Parameters>(sql);
  return {
    nextNumber: database
      .prepare<[], number>("UPDATE counters SET value = value + 1 WHERE name = 'run' RETURNING value")
      .pluck(),
    insertRun: write<{
      id: string;
      number: number;
      name: string;
      state: string;
      createdAt: string;
      coreId: string;
      continuedFrom: string | null;
      continuedMode: string | null;
      continuedCheckpoint: string | null;
      startArtifact: string | null;
      model: string;
      dataset: string;
      configuration: string;
      versions: string;
      bestEpoch: number | null;
      startStep: number;
      groupId: string | null;
      groupVariant: string | null;
      groupSeed: number | null;
    }>(
      `INSERT INTO runs (id, number, name, state, created_at, core_id, continued_from, continued_mode,
         continued_checkpoint, start_artifact, model, dataset, configuration, versions, best_epoch, start_step, steps_done,
         group_id, group_variant, group_seed)
       VALUES (@id, @number, @name, @state, @createdAt, @coreId, @continuedFrom, @continuedMode,
         @continuedCheckpoint, @startArtifact, @model, @dataset, @configuration, @versions, @bestEpoch, @startStep, @startStep,
         @groupId, @groupVariant, @groupSeed)`,
    ),
    group: write<{ id: string; name: string }>('INSERT OR IGNORE INTO run_groups (id, name) VALUES (@id, @name)'),
    prepared: write<{
      id: string;
      featureSpec: string | null;
      rowCounts: string | null;
      dataFingerprint: string | null;
      dataRecord: string | null;
      engine: string | null;
      device: string | null;
      versions: string;
      execution: string | null;
    }>(
      `UPDATE runs SET
         feature_spec = coalesce(@featureSpec, feature_spec),
         row_counts = coalesce(@rowCounts, row_counts),
         data_fingerprint = coalesce(@dataFingerprint, data_fingerprint),
         data_record = coalesce(@dataRecord, data_record),
         engine = coalesce(@engine, engine),
         device = coalesce(@device, device),
         versions = json_patch(versions, @versions),
         execution = coalesce(@execution, execution)
       WHERE id = @id`,
    ),
    trainer: write<{ id: string; host: string; pid: number; start: string | null; startedAt: string }>(
      `UPDATE runs SET
         trainer_host = @host, trainer_pid = @pid, trainer_start = @start,
         created_at = iif(state = 'queued', @startedAt, created_at),
         state = iif(state = 'queued', 'preparing', state)
       WHERE id = @id`,
    ),
    state: write<{ id: string; state: string; error: string | null; endedAt: string | null; endedBy: string | null }>(
      'UPDATE runs SET state = @state, error = @error, ended_at = @endedAt, ended_by = @endedBy WHERE id = @id',
    ),
    steps: write<{ id: string; firstStep: number; losses: Uint8Array }>(
      'INSERT OR REPLACE INTO step_losses (run_id, first_step, losses) VALUES (@id, @firstStep, @losses)',
    ),
    progress: write<{ id: string; stepsDone: number; seq: number }>(
      'UPDATE runs SET steps_done = max(steps_done, @stepsDone), seq = max(seq, @seq) WHERE id = @id',
    ),
    epoch: write<{ id: string; epoch: number; metrics: string; durationMs: number; stepsPerSecond: number }>(
      `INSERT OR REPLACE INTO epochs (run_id, epoch, metrics, duration_ms, steps_per_second)
       VALUES (@id, @epoch, @metrics, @durationMs, @stepsPerSecond)`,
    ),
    best: write<{ id: string; epoch: number }>('UPDATE runs SET best_epoch = @epoch WHERE id = @id'),
    freezing: write<{ id: string; freezing: string }>('UPDATE runs SET freezing = @freezing WHERE id = @id'),
    test: write<{ id: string; test: string }>('UPDATE runs SET test = @test WHERE id = @id'),
    rename: write<{ id: string; name: string }>('UPDATE runs SET name = @name WHERE id = @id'),
    log: write<{ id: string; at: string; level: string; message: string }>(
      'INSERT INTO log_lines (run_id, at, level, message) VALUES (@id, @at, @level, @message)',
    ),
    checkpoint: write<{
      id: string;
      kind: string;
      epoch: number;
      step: number;
      batch: number;
      metrics: string;
      sha256: string;
      sizeBytes: number;
      createdAt: string;
    }>(
      `INSERT OR REPLACE INTO checkpoints (run_id, kind, epoch, step, batch, metrics, sha256, size_bytes, created_at)
       VALUES (@id, @kind, @epoch, @step, @batch, @metrics, @sha256, @sizeBytes, @createdAt)`,
    ),
    command: write<{ id: string; seq: number; step: number; epoch: number; at: string; command: string }>(
      `INSERT INTO run_commands (run_id, seq, step, epoch, at, command)
       VALUES (@id, @seq, @step, @epoch, @at, @command)`,
    ),
    notApplied: write<{ id: string; seq: number }>('DELETE FROM run_commands WHERE run_id = @id AND seq = @seq'),
    refusal: write<{ id: string; seq: number; command: string }>(
      'INSERT INTO refused_commands (run_id, seq, command) VALUES (@id, @seq, @command)',
    ),
    /** Commands before the checkpoint. Their settings are in the configuration of the run that resumes. */
    copyCommands: write<{ id: string; source: string; step: number }>(
      `INSERT INTO run_commands SELECT @id, seq, step, epoch, at, command FROM run_commands
       WHERE run_id = @source AND step < @step`,
    ),
    copyEpochs: write<{ id: string; source: string; epoch: number }>(
      `INSERT INTO epochs SELECT @id, epoch, metrics, duration_ms, steps_per_second FROM epochs
       WHERE run_id = @source AND epoch <= @epoch`,
    ),
    copyCheckpoints: write<{ id: string; source: string; epoch: number }>(
      `INSERT INTO checkpoints SELECT @id, kind, epoch, step, batch, metrics, sha256, size_bytes, created_at
       FROM checkpoints WHERE run_id = @source AND kind IN ('initial', 'best') AND epoch <= @epoch`,
    ),
    copyLast: write<{ id: string; source: string; kind: string }>(
      `INSERT INTO checkpoints SELECT @id, 'last', epoch, step, batch, metrics, sha256, size_bytes, created_at
       FROM checkpoints WHERE run_id = @source AND kind = @kind`,
    ),
    copyPreparation: write<{ id: string; source: string; sameData: number }>(
      `UPDATE runs SET
         (feature_spec, engine, device, execution, versions, row_counts, data_fingerprint,
          data_record) =
         (SELECT feature_spec, engine, device, execution, json_patch(s.versions, runs.versions),
            iif(@sameData, row_counts, NULL), iif(@sameData, data_fingerprint, NULL),
            iif(@sameData, data_record, NULL)
          FROM runs s WHERE s.id = @source)
       WHERE id = @id`,
    ),
    remove: write<{ id: string }>('DELETE FROM runs WHERE id = @id'),
  };
}

export type Statements = ReturnType<typeof prepareStatements>;
