import { describe, expect, test } from 'vitest';
import { analyze } from '../../src-shared/diagnostics/analyze.ts';
import { compileModel } from '../../src-shared/diagnostics/compile-model.ts';
import { initialWeights } from '../../src-shared/compiler/forward/initial-weights.ts';
import type { JsonValue } from '../../src-shared/document/schema/model-document.ts';
import { layerCatalog } from '../../src-shared/layers/catalog/catalog.ts';
import { emitMasked } from '../../src-shared/layers/definition/masks.ts';
import { resolveParameters } from '../../src-shared/layers/parameters/resolve-parameters.ts';
import { ProgramBuilder } from '../../src-shared/program/builder/builder.ts';
import { simplify } from '../../src-shared/program/builder/simplify.ts';
import { configurationWith, dense, numericFeatures, sequentialDocument } from '../support/documents.ts';
import { interpret } from '../../src-shared/program/interpret/interpret.ts';
import { sizeOf, tensorOf } from '../../src-shared/program/interpret/tensor.ts';

const UNITS = 3;
const SHAPE = [40, 5, 2];

/** Output of a layer for ones in a training step, with constant weights. */
function trained(kind: string, params: Record<string, JsonValue>, step: number): Float64Array {
  const b = new ProgramBuilder();
  const definition = layerCatalog.get(kind)!;
  const feeds = new Map([
    ['x', tensorOf('float32', SHAPE, new Array<number>(sizeOf(SHAPE)).fill(1))],
    ['step', tensorOf('int32', [], [step])],
  ]);
  const x = b.input('x', 'float32', [null, ...SHAPE.slice(1)]);
  const { output } = emitMasked(definition, {
    builder: b,
    params: resolveParameters(definition, { units: UNITS, ...params }).values,
    training: true,
    frozen: false,
    inputs: [x],
    inputShapes: [b.shapeOf(x)],
    masks: [null],
    weight: ({ name, shape }) => {
      feeds.set(name, tensorOf('float32', shape, new Array<number>(sizeOf(shape)).fill(0.1)));
      return b.input(name, 'float32', shape);
    },
    penalize: () => undefined,
    updateWeight: () => undefined,
    randomKey: (purpose) => [purpose.length, purpose.charCodeAt(purpose.length - 1)],
    step: b.input('step', 'int32', []),
  });
  b.output('output', output);
  return interpret(simplify(b.build()), feeds).outputs.get('output')!.data;
}

describe.each(['SimpleRNN', 'LSTM', 'GRU'])('dropout of %s', (kind) => {
  test.each([{ dropout: 0.5 }, { recurrentDropout: 0.5 }, { dropout: 0.4, recurrentDropout: 0.3 }])('%j', (params) => {
    const first = trained(kind, params, 1);
    expect(new Set(first).size).toBeGreaterThan(1);
    expect([...trained(kind, params, 1)]).toEqual([...first]);
    expect([...trained(kind, params, 2)]).not.toEqual([...first]);
  });

  test('draws nothing without a rate', () => {
    expect(new Set([...trained(kind, {}, 1)].map((value) => value.toFixed(12))).size).toBe(1);
  });
});

test('the forget gate of an LSTM has initial bias 1', () => {
  const lstm = (params: Record<string, JsonValue>): number[] => {
    const document = sequentialDocument([{ kind: 'LSTM', name: 'lstm', params: { units: 2, ...params } }, dense(1)]);
    const result = compileModel(document, numericFeatures([4, 1]), configurationWith({}));
    if (!result.ok) throw new Error(result.problems.map(({ message }) => message).join('\n'));
    return [...initialWeights(result.model, 1).get('lstm/bias')!];
  };
  expect(lstm({})).toEqual([0, 0, 1, 1, 0, 0, 0, 0]);
  expect(lstm({ unitForgetBias: false })).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
});

test('the program of a recurrent layer does not grow with the sequence length', () => {
  const operations = (steps: number): number => {
    const document = sequentialDocument([{ kind: 'LSTM', params: { units: 2 } }, dense(1)]);
    const result = compileModel(document, numericFeatures([steps, 1]), configurationWith({}));
    return result.ok ? result.model.programs.train.operations.length : -1;
  };
  expect(operations(5000)).toBe(operations(5));
});

describe('wrapper layers', () => {
  const problemsOf = (kind: string, params: Record<string, JsonValue>) => {
    const document = sequentialDocument([{ kind, name: 'outer', params }, { kind: 'Flatten' }, dense(1)]);
    document.nodes[0]!.params = { shape: [4, 2] };
    const { problems } = analyze(document, null);
    return problems.filter(({ severity }) => severity === 'error');
  };

  const invalid: readonly [string, JsonValue, string][] = [
    ['Bidirectional', 'LSTM', 'layer/bad-parameter'],
    ['Bidirectional', { kind: 'Dense', params: {} }, 'layer/bad-parameter'],
    ['Bidirectional', { kind: 'GRU' }, 'layer/bad-parameter'],
    ['Bidirectional', { kind: 'LSTM', params: { units: 0 } }, 'layer/bad-parameter'],
    ['Bidirectional', { kind: 'LSTM', params: { goBackwards: true } }, 'layer/bad-parameter'],
    ['TimeDistributed', { kind: 'Conv2D', params: {} }, 'layer/shape'],
  ];

  test.each(invalid)('%s with %j: %s', (kind, layer, code) => {
    expect(problemsOf(kind, { layer })).toMatchObject([{ code, nodeId: 'outer' }]);
  });

  test('have messages for invalid inner layers', () => {
    const found = invalid.flatMap(([kind, layer]) => problemsOf(kind, { layer }).map(({ message }) => message));
    expect(found).toMatchInlineSnapshot(`
      [
        "Bidirectional 'outer' expected Layer to be a layer of one of the kinds LSTM, GRU, SimpleRNN; received 'LSTM'. Set it to kind LSTM, params  (the default) or another such value.",
        "Bidirectional 'outer' expected Layer to be a layer of one of the kinds LSTM, GRU, SimpleRNN; received kind 'Dense', params (an object without fields). Set it to kind LSTM, params  (the default) or another such value.",
        "Bidirectional 'outer' expected Layer to be a layer of one of the kinds LSTM, GRU, SimpleRNN; received kind 'GRU'. Set it to kind LSTM, params  (the default) or another such value.",
        "Bidirectional 'outer' expected Layer to be LSTM with Units being a whole number from 1 to 100000 (it is 0); received kind 'LSTM', params (units 0). Set it to kind LSTM, params  (the default) or another such value.",
        "Bidirectional 'outer' needs a layer that reads forwards, which it turns round itself; received one that goes backwards. Switch Go backwards off.",
        "TimeDistributed 'outer' has a Conv2D for each step, which needs images of height × width × channels; received 2. Connect it before Flatten, or to image data.",
      ]
    `);
  });

  test('name weights after the wrapper and the inner layer', () => {
    const document = sequentialDocument([{ kind: 'Bidirectional', name: 'both' }, dense(1)]);
    const result = compileModel(document, numericFeatures([4, 1]), configurationWith({}));
    expect(result.ok && result.model.weights.map(({ name }) => name).slice(0, 6)).toEqual([
      'both/forward_lstm/kernel',
      'both/forward_lstm/recurrent_kernel',
      'both/forward_lstm/bias',
      'both/backward_lstm/kernel',
      'both/backward_lstm/recurrent_kernel',
      'both/backward_lstm/bias',
    ]);
  });
});
