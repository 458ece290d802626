import { AppError } from '../../../src-shared/errors/app-error.ts';
import type { CheckpointKind, RunRecord } from '../../../src-shared/training/run/run.ts';
import type { RunStore } from '../../runs/store.ts';
import type { CheckpointRef, TrainedModel } from '../../training-protocol/protocol.ts';

/** The parts of a run's record that evaluating, predicting, exporting, resuming and repeating need. */

/** @throws AppError 'runs/no-checkpoint', 'runs/moved', 'runs/unreadable'. */
export function trainedModel(store: RunStore, runId: string, kind: CheckpointKind): TrainedModel {
  store.requireInPlace();
  const run = store.get(runId);
  const { model, dataset, configuration, featureSpec, engine } = run;
  const checkpoint = store.requireCheckpoint(runId, kind);
  if (featureSpec === null) throw unreadableSpec(run);
  return {
    runId,
    model,
    dataset,
    configuration,
    featureSpec,
    data: recordedData(run),
    engine,
    checkpoint: checkpointFile(store, checkpoint.sha256),
    weights: { checkpoint: kind, epoch: checkpoint.epoch },
  };
}

export function checkpointFile({ artifacts }: RunStore, sha256: string): CheckpointRef {
  return { folder: artifacts, sha256 };
}

/** Data that was prepared otherwise would not fit the weights. */
export function unreadableSpec({ id, number, unreadable }: RunRecord): AppError {
  return new AppError(
    'runs/unreadable',
    `Expected the feature spec that run ${number} was trained with; it cannot be read, so the run cannot be used. ${unreadable ?? ''} Restore runs.sqlite from a backup, or train again.`,
    { runId: id },
  );
}

export function recordedData({ dataFingerprint, dataRecord, rowCounts }: RunRecord): TrainedModel['data'] {
  return { fingerprint: dataFingerprint, record: dataRecord, rows: rowCounts };
}
