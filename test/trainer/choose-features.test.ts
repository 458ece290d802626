import { describe, expect, it } from 'vitest';
import { chooseFeatures } from '../../src-main/trainer/choose-features.ts';
import { compileOrThrow } from '../../src-main/trainer/compile.ts';
import type { Execution } from '../../src-main/runs/types.ts';
import type { RecordedSettings } from '../../src-shared/training/commands/run-command.ts';
import type { TrainingConfiguration } from '../../src-shared/training/configuration/configuration.ts';
import { cachedFeaturesText } from '../../src-shared/training/run/cached-features.ts';
import { classFeatures, configurationWith, dense, sequentialDocument } from '../support/documents.ts';
import type { LayerLine } from '../support/documents.ts';

const frozen = (units: number, name: string): LayerLine => dense(units, 'relu', { name, frozen: true });
const dropout: LayerLine = { kind: 'Dropout', params: { rate: 0.2 }, name: 'dropout' };
const norm = (isFrozen: boolean): LayerLine => ({
  kind: 'BatchNormalization',
  params: { center: false, scale: false },
  name: 'norm',
  frozen: isFrozen,
});
const last = dense(3, 'softmax', { name: 'last' });
const ROWS = { train: 50_000, validation: 100 };

function choose(
  lines: readonly LayerLine[],
  changes: Partial<TrainingConfiguration> = {},
  rows = ROWS,
  execution: Execution | null = null,
  step = 0,
  commands: readonly RecordedSettings[] = [],
) {
  const configuration = { ...configurationWith({}), ...changes };
  const model = compileOrThrow(sequentialDocument(lines), classFeatures([40], 3), configuration);
  return chooseFeatures(model, { configuration, execution, earlier: null, commands: [...commands] }, rows, step);
}

const shapes = ({ features }: ReturnType<typeof choose>) =>
  features?.sessionModel.programs['trainFeatures']!.outputs.map(
    ({ value }) => features.sessionModel.programs['trainFeatures']!.values[value]!.shape,
  );

describe('chooseFeatures', () => {
  it('computes the frozen part once, and says of how many layers it is', () => {
    const chosen = choose([frozen(400, 'one'), norm(true), frozen(30, 'two'), dropout, last]);
    expect(chosen.record).toMatchObject({ used: true, layers: 3, rows: 50_100, sizeBytes: 4 * 30 * 50_100 });
    expect(shapes(chosen)).toEqual([[null, 30]]);
    expect(cachedFeaturesText(chosen.record!)).toMatchInlineSnapshot(`"The frozen part, 3 layers, is computed once."`);
  });

  it('cuts before the first layer that draws random numbers, follows the batches or trains', () => {
    expect(shapes(choose([frozen(400, 'one'), dropout, frozen(30, 'two'), last]))).toEqual([[null, 400]]);
    expect(shapes(choose([frozen(400, 'one'), norm(false), frozen(30, 'two'), last]))).toEqual([[null, 400]]);
    expect(shapes(choose([frozen(400, 'one'), dense(50), frozen(30, 'two'), last]))).toEqual([[null, 400]]);
  });

  it('names the first layer that keeps frozen layers from being computed once', () => {
    const reason = (lines: readonly LayerLine[]) => choose(lines).record;
    expect(reason([dropout, frozen(400, 'one'), last])).toEqual({ used: false, reason: 'random', layer: 'dropout' });
    expect(reason([norm(false), frozen(400, 'one'), last])).toEqual({ used: false, reason: 'batch', layer: 'norm' });
    expect(reason([dense(9, 'relu', { name: 'first' }), frozen(400, 'one'), last])).toEqual({
      used: false,
      reason: 'trained',
      layer: 'first',
    });
  });

  it('does not for one epoch, few rows, a small part of the model, large outputs', () => {
    const lines = [frozen(400, 'one'), frozen(30, 'two'), last];
    expect(choose(lines, { epochs: 1 }).record).toEqual({ used: false, reason: 'epochs' });
    expect(choose(lines, {}, { train: 100, validation: 0 }).record).toEqual({ used: false, reason: 'small' });
    expect(choose([frozen(30, 'one'), dense(3000), last]).record).toEqual({ used: false, reason: 'small' });
    const many = { train: 1e9, validation: 0 };
    expect(choose([frozen(4000, 'one'), frozen(2000, 'two'), last], {}, many).record).toMatchObject({
      reason: 'large',
    });
    expect(choose(lines, { cachedFeatures: false }).record).toEqual({ used: false, reason: 'off' });
    expect(choose([dense(400), last]).record).toBeNull();
  });

  it('counts the epochs before the first planned unfreezing after the start', () => {
    const lines = [frozen(400, 'one'), frozen(30, 'two'), last];
    const unfreeze = (step: number, epoch: number): RecordedSettings => ({
      ...{ seq: 1, step, epoch, at: '' },
      command: { kind: 'set', patch: { frozen: [{ layer: 'two', frozen: false }] } },
    });
    const planned = (commands: RecordedSettings[]) => choose(lines, { epochs: 20 }, ROWS, null, 0, commands).record;
    expect(planned([unfreeze(5000, 1)])).toEqual({ used: false, reason: 'epochs' });
    expect(planned([unfreeze(0, 0)])).toMatchObject({ used: true });
    expect(planned([unfreeze(20_000, 12)])).toMatchObject({ used: true });
  });

  it('does what the recorded run did', () => {
    const lines = [frozen(400, 'one'), frozen(30, 'two'), last];
    const execution = { stepsPerCall: null, intraOpThreads: 1 };
    expect(choose(lines, {}, ROWS, execution).record).toEqual({ used: false, reason: 'recorded' });
    const record = choose(lines).record!;
    const few = { train: 10, validation: 5 };
    const again = choose(lines, {}, few, { ...execution, cachedFeatures: record });
    expect(shapes(again)).toEqual([[null, 30]]);
    const ended = record.used
      ? { ...record, values: record.values.map((each) => ({ ...each, untilStep: 7 })) }
      : record;
    expect(shapes(choose(lines, {}, few, { ...execution, cachedFeatures: ended }, 7))).toEqual([[null, 30]]);
    expect(choose(lines, {}, few, { ...execution, cachedFeatures: ended }, 8).features).toBeNull();
  });
});
