import { describe, expect, test } from 'vitest';
import { analyze } from '../../src-shared/diagnostics/analyze.ts';
import { parseFormula } from '../../src-shared/expression/parse.ts';
import { kerasCode } from '../../src-shared/interchange/keras/code.ts';
import { formulaToPython } from '../../src-shared/expression/python.ts';
import { toKeras } from '../../src-shared/interchange/keras/to-keras.ts';
import { numericFeatures, sequentialDocument } from '../support/documents.ts';
import type { LayerLine } from '../support/documents.ts';

/** Checked with Keras 3 on 150 random formulas: its values equal Lamina's. */
describe('formulaToPython', () => {
  test.each([
    ['x * sigmoid(x)', 'x * keras.ops.sigmoid(x)'],
    ['-x^2 + (-x)^2', '-x ** 2 + (-x) ** 2'],
    ['(x + 1) * (x - (2 - x))', '(x + 1) * (x - (2 - x))'],
    ['2^x^3', '2 ** x ** 3'],
    ['where(x > 0, x, exp(x) - 1)', 'keras.ops.where(x > 0, x, keras.ops.exp(x) - 1)'],
    ['(x > 0) * x', 'keras.ops.cast(x > 0, "float32") * x'],
    ['not (x > 0 and x < 1)', 'keras.ops.cast(keras.ops.logical_not(keras.ops.logical_and(x > 0, x < 1)), "float32")'],
    ['max(x, 1, 2)', 'keras.ops.maximum(keras.ops.maximum(x, 1), 2)'],
    ['x - max(x)', 'x - keras.ops.max(x, axis=-1, keepdims=True)'],
    ['softmax(x)', 'keras.ops.softmax(x, axis=-1)'],
    ['clip(x, 0, 1)', 'keras.ops.minimum(keras.ops.maximum(x, 0), 1)'],
    ['x / sqrt(4)', 'x / 2'],
    ['x % pi', 'x % 3.141592653589793'],
  ])('%s', (formula, python) => {
    expect(formulaToPython(parseFormula(formula, ['x']), new Map([['x', 'x']]))).toBe(python);
  });
});

describe('Keras code of formulas', () => {
  const codeOf = (line: LayerLine): { code: string; notes: readonly string[] } => {
    const document = sequentialDocument([line]);
    const model = toKeras(document, analyze(document, numericFeatures([4])));
    return { code: kerasCode(model), notes: model.notes };
  };

  test('writes a formula activation as a lambda', () => {
    const { code, notes } = codeOf({ kind: 'Dense', params: { activation: { formula: 'x * tanh(x)' } } });
    expect(code).toContain('activation=lambda x: x * keras.ops.tanh(x)');
    expect(notes).toEqual([]);
  });

  test('writes a Formula layer as a Lambda layer', () => {
    const { code, notes } = codeOf({ kind: 'Formula', params: { formula: 'a * 2 + x' } });
    expect(code).toContain('layers.Lambda(');
    expect(code).toContain('lambda x: x * 2 + x');
    expect(notes).toEqual([]);
  });

  test('has a note for formula parameters without a Keras counterpart', () => {
    const parameters = [{ name: 'beta', initial: 1, perValue: false }];
    expect(codeOf({ kind: 'Formula', params: { formula: 'a * beta', parameters } }).notes.join()).toContain('Formula');
  });
});
