import { expect, test } from 'vitest';
import { analyze } from '../../src-shared/diagnostics/analyze.ts';
import { kerasCode } from '../../src-shared/interchange/keras/code.ts';
import { toKeras } from '../../src-shared/interchange/keras/to-keras.ts';
import { kerasJson } from '../../src-shared/interchange/keras/write-json.ts';
import { sketchOf } from '../support/keras-fixtures.ts';
import { sequentialDocument } from '../support/documents.ts';

const lines = [
  { kind: 'Embedding', name: 'words', params: { inputDim: 20, outputDim: 8, maskZero: true } },
  { kind: 'MultiHeadAttention', name: 'look', params: { numHeads: 3, keyDim: 4, useCausalMask: true } },
  {
    kind: 'Bidirectional',
    name: 'both',
    params: { layer: { kind: 'GRU', params: { units: 5, returnSequences: true } }, mergeMode: 'sum' },
  },
  { kind: 'TimeDistributed', name: 'each', params: { layer: { kind: 'Dense', params: { units: 4 } } } },
  { kind: 'Attention', name: 'again' },
  { kind: 'LSTM', name: 'lstm', params: { units: 3, recurrentDropout: 0.1 } },
  { kind: 'Dense', name: 'head', params: { units: 1 } },
];

function model() {
  const document = sequentialDocument(lines);
  document.nodes[0]!.params = { shape: [6] };
  const analysis = analyze(document, null);
  expect(analysis.problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  return toKeras(document, analysis);
}

test('sequence layers are exported with Keras calls', () => {
  const code = kerasCode(model());
  expect(code).toContain('look = layers.MultiHeadAttention(3, 4, name="look")(words, words, use_causal_mask=True)');
  expect(code).toContain(
    'both = layers.Bidirectional(layers.GRU(5, return_sequences=True), merge_mode="sum", name="both")(look)',
  );
  expect(code).toContain('each = layers.TimeDistributed(layers.Dense(4), name="each")(both)');
  expect(code).toContain('again = layers.Attention(name="again")([each, each])');
  expect(code).toContain('lstm = layers.LSTM(3, recurrent_dropout=0.1)(again)');
});

test('sequence layers round-trip through Keras JSON', () => {
  const sketch = sketchOf(kerasJson(model()).text);
  expect(sketch.slice(1, -1).map(({ kind, name, params }) => ({ kind, name, params }))).toEqual(
    lines.map(({ params = {}, ...line }) => ({ ...line, params })),
  );
  expect(sketch.map(({ from }) => from.length)).toEqual([0, ...lines.map(() => 1), 1]);
});
