import { describe, expect, test } from 'vitest';
import { analyze } from '../../src-shared/diagnostics/analyze.ts';
import type { ModelFeatures } from '../../src-shared/diagnostics/analyze.ts';
import { kerasCode } from '../../src-shared/interchange/keras/code.ts';
import { toKeras } from '../../src-shared/interchange/keras/to-keras.ts';
import { kerasJson } from '../../src-shared/interchange/keras/write-json.ts';
import { numericFeatures, sequentialDocument } from '../support/documents.ts';
import type { LayerLine } from '../support/documents.ts';

interface WrittenLayer {
  readonly class_name: string;
  readonly config: Readonly<Record<string, unknown>>;
}

/** One layer on an input of this shape: its Python code and its JSON entry. */
function written(line: LayerLine, inputShape: number[], features: ModelFeatures = numericFeatures(inputShape)) {
  const document = sequentialDocument([{ name: 'it', ...line }]);
  const analysis = analyze(document, features);
  const model = toKeras(document, analysis, features);
  const { text, notes } = kerasJson(model);
  const { layers } = (JSON.parse(text) as { config: { layers: WrittenLayer[] } }).config;
  return { code: kerasCode(model), config: layers[1]!.config, notes, codeNotes: model.notes };
}

/** Expected behavior was checked with Keras 3. */
describe('exports that Keras would otherwise read differently', () => {
  test.each(['step', 'geluApproximate'])('activation %s is omitted from JSON, with a note', (activation) => {
    const { code, config, notes, codeNotes } = written({ kind: 'Dense', params: { activation } }, [4]);
    expect(code).toContain('activation=lambda x: ');
    expect(codeNotes).toEqual([]);
    expect(config).not.toHaveProperty('activation');
    expect(notes).toEqual([expect.stringMatching(/'it'.*lambda x: /)]);
  });

  test('a formula activation inside a wrapper has a note', () => {
    const layer = { kind: 'Dense', params: { activation: { formula: 'x * tanh(x)' } } };
    const { notes } = written({ kind: 'TimeDistributed', params: { layer } }, [5, 4]);
    expect(notes.join()).toContain('x * keras.ops.tanh(x)');
  });

  test('a Formula layer has a note that Keras cannot open it', () => {
    expect(written({ kind: 'Formula', params: { formula: 'a * 2' } }, [4]).notes).toEqual([
      expect.stringContaining("'it'"),
    ]);
  });

  test('an activation that Keras knows has no note', () => {
    expect(written({ kind: 'Dense', params: { activation: 'gelu' } }, [4]).notes).toEqual([]);
  });

  test('BatchNormalization over several axes has a note: Keras 3 has one axis', () => {
    const { config, notes } = written({ kind: 'BatchNormalization', params: { axis: [1, 3] } }, [3, 4, 2]);
    expect(config).toMatchObject({ axis: [1, 3] });
    expect(notes).toEqual([expect.stringContaining("'it'")]);
    expect(written({ kind: 'BatchNormalization', params: { axis: 1 } }, [3, 4, 2]).notes).toEqual([]);
  });

  test('Rescaling always writes its offset', () => {
    const { code, config } = written({ kind: 'Rescaling', params: { scale: 0.5 } }, [4]);
    expect(config).toMatchObject({ scale: 0.5, offset: 0 });
    expect(code).toContain('layers.Rescaling(0.5, 0, name="it")');
  });

  test.each([
    ['SpatialDropout1D', [5, 4]],
    ['SpatialDropout2D', [5, 5, 4]],
    ['SpatialDropout3D', [5, 5, 5, 4]],
  ])('a frozen %s writes no trainable argument', (kind, shape) => {
    const { code, config } = written({ kind, frozen: true }, shape);
    expect(code).not.toContain('trainable');
    expect(config).not.toHaveProperty('trainable');
  });

  test.each([
    ['Bidirectional', 'GRU(5, trainable=False), trainable=False'],
    ['TimeDistributed', 'GRU(5, trainable=False), trainable=False'],
  ])('a frozen %s freezes its inner layer', (kind, python) => {
    const params = { layer: { kind: 'GRU', params: { units: 5 } } };
    const shape = kind === 'Bidirectional' ? [5, 4] : [3, 5, 4];
    const frozen = written({ kind, params, frozen: true }, shape);
    expect(frozen.code).toContain(python);
    expect(frozen.config).toMatchObject({ trainable: false, layer: { config: { trainable: false } } });
    expect(written({ kind, params }, shape).code).not.toContain('trainable');
  });

  test('a frozen MultiHeadAttention is frozen after the model is built', () => {
    const params = { numHeads: 2, keyDim: 3 };
    const { code, config, notes } = written({ kind: 'MultiHeadAttention', params, frozen: true }, [5, 4]);
    expect(code).toContain('layers.MultiHeadAttention(2, 3, name="it")');
    expect(code.trimEnd().split('\n').at(-1)).toBe('model.get_layer("it").trainable = False');
    expect(config).toMatchObject({ trainable: false });
    expect(notes).toEqual([expect.stringContaining('model.get_layer("it").trainable = True')]);
    expect(written({ kind: 'MultiHeadAttention', params }, [5, 4]).notes).toEqual([]);
  });

  test('a PReLU with shared axes that are not valid is written without them', () => {
    const params = { sharedAxes: null };
    expect(written({ kind: 'PReLU', params }, [6, 4]).code).toContain('layers.PReLU(');
  });

  test('shared axes are counted from the front', () => {
    const { code, config } = written({ kind: 'PReLU', params: { sharedAxes: [-2, 1] } }, [6, 5, 4]);
    expect(config['shared_axes']).toEqual([1, 2]);
    expect(code).toContain('shared_axes=(1, 2)');
  });

  test('a learning rate multiplier has a note', () => {
    const params = { units: 2, learningRateMultiplier: 0.1 };
    expect(written({ kind: 'Dense', params }, [4]).notes).toEqual([expect.stringContaining("'it'")]);
  });
});

describe('Normalization without given mean and variance', () => {
  test('exports the statistics of the training rows', () => {
    const statistics = { mean: [1, 2], variance: [3, 4] };
    const { code, config, notes } = written({ kind: 'Normalization' }, [2], { ...numericFeatures([2]), statistics });
    expect(config).toMatchObject({ mean: [1, 2], variance: [3, 4] });
    expect(code).toContain('layers.Normalization(mean=(1, 2), variance=(3, 4), name="it")');
    expect(notes).toEqual([]);
  });

  test('has a note to call adapt when there are no statistics', () => {
    const { code, notes } = written({ kind: 'Normalization', name: 'normalization_2' }, [2]);
    expect(notes).toEqual([expect.stringContaining('model.get_layer("normalization_2").adapt(x)')]);
    expect(code).toContain('# ' + notes[0]!);
    expect(code).toContain('layers.Normalization(name="normalization_2")');
  });
});
