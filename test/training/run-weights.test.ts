import { describe, expect, it } from 'vitest';
import { earlyStoppingSchema } from '../../src-shared/training/callbacks/early-stopping.ts';
import { testResultSchema } from '../../src-shared/training/run/run.ts';
import { weightsForUse, weightsOf, weightsOfResult, weightsText } from '../../src-shared/training/run/run-weights.ts';

const unset = { bestBy: null, earlyStopping: null };
const validated = { bestCheckpointEpoch: 7, bestMetrics: { loss: 0.2, val_loss: 0.3 }, ...unset };
const run = { ...validated, lastCheckpoint: { epoch: 30, step: 300, batch: 0 }, bestEpoch: 8, epochsDone: 31 };

describe('weights used for testing and prediction', () => {
  it('are those of the best validated epoch', () => {
    expect(weightsForUse(validated)).toBe('best');
  });

  it('are the last ones if no epoch was validated or no best checkpoint was written', () => {
    expect(weightsForUse({ ...validated, bestMetrics: { loss: 0.2 } })).toBe('last');
    expect(weightsForUse({ ...validated, bestCheckpointEpoch: null })).toBe('last');
  });

  it('are those of the best epoch by the metric that the configuration names, validated or not', () => {
    expect(weightsForUse({ ...validated, bestMetrics: { loss: 0.2 }, bestBy: 'loss' })).toBe('best');
    expect(weightsForUse({ ...validated, bestCheckpointEpoch: null, bestBy: 'loss' })).toBe('last');
  });

  it('are the last ones if early stopping was asked not to restore the best', () => {
    const earlyStopping = earlyStoppingSchema.parse({});
    expect(weightsForUse({ ...validated, bestBy: 'val_loss', earlyStopping })).toBe('best');
    const restores = { ...earlyStopping, restoreBestWeights: false };
    expect(weightsForUse({ ...validated, bestBy: 'val_loss', earlyStopping: restores })).toBe('last');
  });

  it('have the epoch of their checkpoint, or of the run before it is written', () => {
    expect(weightsOf(run, 'best')).toEqual({ checkpoint: 'best', epoch: 7 });
    expect(weightsOf({ ...run, bestCheckpointEpoch: null }, 'best').epoch).toBe(8);
    expect(weightsOf(run, 'last')).toEqual({ checkpoint: 'last', epoch: 30 });
    expect(weightsOf({ ...run, lastCheckpoint: null }, 'last').epoch).toBe(31);
    expect(weightsOf(run, 'initial')).toEqual({ checkpoint: 'initial', epoch: 0 });
    expect(weightsText(weightsOf(run, 'best'))).toBe('best weights, epoch 7');
  });
});

it('a test result of an older version belongs to the last weights', () => {
  const result = { metrics: { loss: 1 }, rows: 3, outputs: [] };
  expect(weightsOfResult(testResultSchema.parse(result), run)).toEqual({ checkpoint: 'last', epoch: 30 });
  const recorded = testResultSchema.parse({ ...result, checkpoint: 'best', epoch: 7 });
  expect(weightsOfResult(recorded, run)).toEqual({ checkpoint: 'best', epoch: 7 });
});
