import { describe, expect, it } from 'vitest';
import { resultParts } from '../../src-renderer/features/evaluate/result-parts.ts';
import { columnPicks, parseNames, picked } from '../../src-renderer/features/model/inspector/column-picks.ts';
import { metricLabel } from '../../src-renderer/components/curves/curve-series.ts';
import { higherIsBetter, isAccuracy, readMetricKey } from '../../src-renderer/terms/metric-keys.ts';
import { movedSettings, strandedSettings, withOutput } from '../../src-renderer/terms/output-goals.ts';
import type { FeatureSpec, TargetSpec } from '../../src-shared/data/prepared.ts';
import { numericColumns } from '../support/documents.ts';

const number = (name: string): TargetSpec => ({ kind: 'numeric', name, offset: 0, scale: 1, standardDeviation: 1 });
const spec: FeatureSpec = {
  columns: numericColumns(['a', 'b', 'c']),
  inputShape: [3],
  targets: [number('price'), number('rent'), { kind: 'classes', name: 'kind', classes: ['x', 'y'] }],
  weight: null,
};

describe('feature picks', () => {
  const chosen = (value: string[]) => columnPicks(spec, 'features', value).filter((pick) => pick.chosen);

  it('start with all features, and mark names missing in the data', () => {
    expect(chosen([]).map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    expect(chosen(['b', 'gone'])).toEqual([
      { name: 'b', what: 'number', chosen: true },
      { name: 'gone', what: null, chosen: true },
    ]);
  });

  it('"keep the data set\'s order; all features are the default"', () => {
    expect(picked(spec, 'features', [], 'b', false)).toEqual(['a', 'c']);
    expect(picked(spec, 'features', ['c'], 'a', true)).toEqual(['a', 'c']);
    expect(picked(spec, 'features', ['a', 'c'], 'b', true)).toBeUndefined();
    expect(picked(spec, 'features', ['a', 'gone'], 'gone', false)).toEqual(['a']);
  });

  it('parseNames splits, trims and deduplicates names', () => {
    expect(parseNames(' a, b ,, a')).toEqual(['a', 'b']);
  });
});

describe('target picks', () => {
  it('start with the first target; numbers combine, a class target replaces the others', () => {
    expect(columnPicks(spec, 'targets', []).map((pick) => pick.chosen)).toEqual([true, false, false]);
    expect(picked(spec, 'targets', [], 'rent', true)).toEqual(['price', 'rent']);
    expect(picked(spec, 'targets', ['price', 'rent'], 'kind', true)).toEqual(['kind']);
    expect(picked(spec, 'targets', ['kind'], 'rent', true)).toEqual(['rent']);
  });

  it('combine two-class targets', () => {
    const label = (name: string): TargetSpec => ({ kind: 'classes', name, classes: ['no', 'yes'] });
    const labels: FeatureSpec = { ...spec, targets: [...spec.targets, label('sold'), label('lift')] };
    expect(picked(labels, 'targets', ['lift'], 'sold', true)).toEqual(['sold', 'lift']);
    expect(picked(labels, 'targets', ['sold', 'lift'], 'price', true)).toEqual(['price']);
  });
});

describe('metric keys', () => {
  it.each([
    ['loss', { validation: false, output: '', name: 'loss' }],
    ['val_main_loss', { validation: true, output: 'main', name: 'loss' }],
    ['main_top_k_categorical_accuracy', { validation: false, output: 'main', name: 'top_k_categorical_accuracy' }],
    ['val_categorical_accuracy', { validation: true, output: '', name: 'categorical_accuracy' }],
    ['my_metric_1', { validation: false, output: '', name: 'my_metric_1' }],
  ])('%s is split into validation, output and name', (key, read) => {
    expect(readMetricKey(key)).toEqual(read);
  });

  it('have a label and a direction', () => {
    expect(metricLabel('val_main_mae')).toBe('validation main MAE');
    expect(['val_side_accuracy', 'auc', 'main_r2_score', 'main_loss', 'mae'].map(higherIsBetter)).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
    expect(isAccuracy('val_side_accuracy')).toBe(true);
  });
});

describe('test result', () => {
  it('of several outputs assigns each metric to one output', () => {
    const { whole, parts } = resultParts(
      {
        metrics: { loss: 1, main_loss: 0.4, main_two_loss: 0.6, main_mae: 0.1, main_two_accuracy: 0.9 },
        rows: 5,
        outputs: [
          { output: 'main', target: 'price' },
          { output: 'main', target: 'rent' },
          { output: 'main_two', target: 'kind' },
        ],
      },
      spec.targets,
    );
    expect(whole).toEqual([['loss', 1]]);
    expect(parts.map(({ title, metrics }) => [title, metrics.map(([key]) => key)])).toEqual([
      ['main · price', ['main_loss', 'main_mae']],
      ['main · rent', []],
      ['main_two · kind', ['main_two_accuracy', 'main_two_loss']],
    ]);
  });

  it('of an earlier version belongs to the only output', () => {
    const result = { metrics: { loss: 1 }, rows: 5, outputs: [{ output: '', target: '', rmseOriginal: 3 }] };
    expect(resultParts(result, [number('price')]).parts).toMatchObject([{ title: '', target: { name: 'price' } }]);
  });
});

describe('settings of a renamed output', () => {
  const outputs = { main: { lossWeight: 2 }, side: { lossWeight: 3 } };

  it('move to the only output without settings, or are removed', () => {
    expect(strandedSettings(outputs, ['price', 'side'])).toEqual([{ from: 'main', to: 'price' }]);
    expect(strandedSettings(outputs, ['side'])).toEqual([{ from: 'main', to: null }]);
    expect(strandedSettings(outputs, ['main', 'side', 'other'])).toEqual([]);
    expect(movedSettings(outputs, 'main', 'price')).toEqual({ price: { lossWeight: 2 }, side: { lossWeight: 3 } });
    expect(movedSettings(outputs, 'main', null)).toEqual({ side: { lossWeight: 3 } });
  });
});

describe('training settings of an output', () => {
  it('are stored for the model if it has one output without settings', () => {
    expect(withOutput({ outputs: {} }, 'main', false, { loss: 'huber' })).toEqual({ loss: 'huber' });
    expect(withOutput({ outputs: {} }, 'main', true, { lossWeight: 2 })).toEqual({
      outputs: { main: { lossWeight: 2 } },
    });
    expect(withOutput({ outputs: { main: { lossWeight: 2 } } }, 'main', false, { loss: 'huber' })).toEqual({
      outputs: { main: { lossWeight: 2, loss: 'huber' } },
    });
  });
});
