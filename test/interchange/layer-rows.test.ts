import { describe, expect, test } from 'vitest';
import { readKeras } from '../../src-shared/interchange/keras/from-keras.ts';
import { layerRows } from '../../src-shared/interchange/layer-rows.ts';
import { openedDocument } from '../../src-shared/starting-points/sketch.ts';

interface Layer {
  readonly class_name: string;
  readonly config: Record<string, unknown>;
  readonly build_config?: unknown;
}

const input = { class_name: 'InputLayer', config: { name: 'x', batch_shape: [null, 4] } };
const dense = (name: string, more: object = {}): Layer => ({
  class_name: 'Dense',
  config: { name, units: 3, ...more },
});

function rowsOf(...layers: readonly Layer[]) {
  const { sketch, report } = readKeras(
    JSON.stringify({ class_name: 'Sequential', config: { name: 'model', layers }, keras_version: '3.8.0' }),
  );
  let next = 0;
  const document = sketch === null ? null : openedDocument('model', sketch, () => `id-${next++}`);
  return layerRows(report.layers, document, report.losses);
}

describe('the report has a row for every layer', () => {
  test('taken as it is: kind, shape and parameters here beside those of the file', () => {
    expect(rowsOf(input, dense('a'), { ...dense('b'), build_config: { input_shape: [null, 3] } })).toEqual([
      expect.objectContaining({ layer: 'x', className: 'InputLayer', kind: 'Input', fileShape: [null, 4] }),
      {
        layer: 'a',
        className: 'Dense',
        outcome: 'taken',
        kind: 'Dense',
        reasons: [],
        shape: [null, 3],
        fileShape: [null, 3],
        parameters: 15,
        fileParameters: null,
      },
      expect.objectContaining({ layer: 'b', shape: [null, 3], fileShape: null, parameters: 12 }),
    ]);
  });

  test('another output than the file says is a change with both shapes', () => {
    const [, row] = rowsOf(input, dense('a'), { ...dense('b'), build_config: { input_shape: [null, 5] } });
    expect(row).toMatchObject({
      outcome: 'changed',
      reasons: ['Its output is 3 here and 5 in the file.'],
      fileShape: [null, 5],
    });
  });

  test('a changed layer and a layer that Lamina does not have, each with the reason', () => {
    const rows = rowsOf(input, dense('half', { dtype: 'float16' }), {
      class_name: 'TopKPool',
      config: { name: 'pool' },
    });
    expect(rows.map(({ layer, outcome }) => [layer, outcome])).toEqual([
      ['x', 'taken'],
      ['half', 'changed'],
      ['pool', 'not-taken'],
    ]);
    expect(rows[1]!.reasons).toEqual([expect.stringContaining('float16')]);
    expect(rows[2]!.reasons).toEqual([expect.stringContaining('TopKPool')]);
  });

  test('of a refused file too: a fault inside a wrapper is in the row of the wrapper', () => {
    const inner = { class_name: 'Dense', config: { name: 'inner', units: 3, quantum: 2 } };
    const rows = rowsOf(
      { class_name: 'InputLayer', config: { name: 'x', batch_shape: [null, 5, 4] } },
      { class_name: 'TimeDistributed', config: { name: 'steps', layer: inner } },
      dense('b'),
    );
    expect(rows.map(({ layer, outcome, kind }) => [layer, outcome, kind])).toEqual([
      ['x', 'taken', null],
      ['steps', 'not-taken', null],
      ['b', 'taken', null],
    ]);
    expect(rows[1]!.reasons).toEqual([expect.stringContaining('quantum')]);
  });
});
