import type { RunSummary } from '../../src-shared/training/run/run.ts';

/** A completed run of three epochs, with the given changes. */
export function runSummary(patch: Partial<RunSummary> = {}): RunSummary {
  return {
    id: 'run',
    number: 1,
    name: 'run 1',
    state: 'completed',
    createdAt: '2026-11-21T08:00:00.000Z',
    endedAt: '2026-11-21T08:01:00.000Z',
    modelName: 'model',
    datasetName: 'data',
    scaledTarget: false,
    engine: 'onnx',
    epochs: 3,
    epochsDone: 3,
    stepsDone: 30,
    endedBy: null,
    earlyStopping: null,
    bestBy: null,
    bestEpoch: 3,
    lastCheckpoint: { epoch: 3, step: 30, batch: 0 },
    bestCheckpointEpoch: 3,
    lastMetrics: {},
    bestMetrics: {},
    test: null,
    error: null,
    continuedFrom: null,
    group: null,
    unreadable: null,
    ...patch,
  };
}
