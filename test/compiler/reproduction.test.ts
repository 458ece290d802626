import { describe, expect, test } from 'vitest';
import { analyze } from '../../src-shared/diagnostics/analyze.ts';
import { compileModel } from '../../src-shared/diagnostics/compile-model.ts';
import type { ModelFeatures } from '../../src-shared/compiler/graph/inputs.ts';
import { rename } from '../../src-shared/document/edits/edits.ts';
import { applyChange } from '../../src-shared/document/history/operations.ts';
import type { JsonValue, ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import { configurationWith, numericFeatures } from '../support/documents.ts';
import { numericColumns } from '../support/documents.ts';
import { documentOf, type NodeLine } from '../support/output-fixtures.ts';

/** Analysis of an Output that reproduces an Input. */

const NAMES = ['a', 'b', 'c'];
const features: ModelFeatures = { ...numericFeatures([3]), columns: numericColumns(NAMES) };

function line(kind: string, name: string, inputs: string[], params: Record<string, JsonValue> = {}): NodeLine {
  return { kind, name, inputs, params };
}

function autoencoder(units: number, activation: string, output: Record<string, JsonValue>): ModelDocument {
  return documentOf([
    line('Input', 'input', []),
    line('Dense', 'decoded', ['input'], { units, activation }),
    line('Output', 'output', ['decoded'], output),
  ]);
}

function problems(document: ModelDocument, goals = {}, data: ModelFeatures | null = features) {
  const { problems: found } = analyze(document, data, configurationWith(goals));
  return found.map(({ code, severity, message, fixes }) => ({ code, severity, message, fixes }));
}

const sound = autoencoder(3, 'linear', { reproduces: 'input' });

describe('an Output that reproduces an Input', () => {
  test('is valid with equal shapes and defaults to mean squared error and mae', () => {
    expect(problems(sound)).toEqual([]);
    const result = compileModel(sound, features, configurationWith({}));
    if (!result.ok) throw new Error(result.problems[0]!.message);
    const [output] = result.model.outputs;
    expect(output?.targets).toEqual([]);
    expect(output?.reproduces).toEqual(NAMES.map((name, start) => ({ name, start, width: 1 })));
    expect(result.model.metrics.map(({ name }) => name)).toEqual(['mae']);
  });

  test('is an error without an Input of that name', () => {
    const [problem] = problems(autoencoder(3, 'linear', { reproduces: 'inptu' }));
    expect(problem).toMatchObject({ code: 'target/unknown-input', severity: 'error' });
    expect(problem?.message).toMatchInlineSnapshot(
      `"Output 'output' expected an Input to reproduce ('input'); received 'inptu', which is not an Input of the model. Choose another, or none."`,
    );
    expect(problem?.fixes).toMatchObject([{ params: { name: 'reproduces', value: 'input' } }, {}]);
  });

  test('is an error together with targets', () => {
    const [problem] = problems(autoencoder(3, 'linear', { reproduces: 'input', targets: ['price'] }));
    expect(problem?.code).toBe('target/twofold');
    expect(problem?.fixes).toHaveLength(2);
  });

  test('is an error with another shape than the Input; the fix sets the units', () => {
    const [problem] = problems(autoencoder(5, 'linear', { reproduces: 'input' }));
    expect(problem).toMatchObject({ code: 'target/shape', severity: 'error' });
    expect(problem?.fixes).toMatchObject([
      {
        action: 'set-param',
        params: { nodeId: 'decoded', name: 'units', value: 3 },
      },
    ]);
  });

  test('rejects a loss for classes', () => {
    const [problem] = problems(sound, { loss: 'sparseCategoricalCrossentropy' });
    expect(problem).toMatchObject({ code: 'target/loss', severity: 'error' });
    expect(problem?.message).toMatchInlineSnapshot(
      `"The loss Sparse categorical cross-entropy needs classes; the values of Input 'input' are numbers. Choose another loss, or choose it automatically."`,
    );
  });

  test('rejects cross-entropy outside 0 to 1; the fix scales the columns', () => {
    const [problem] = problems(autoencoder(3, 'sigmoid', { reproduces: 'input' }), { loss: 'binaryCrossentropy' });
    expect(problem?.code).toBe('target/loss');
    expect(problem?.fixes[0]).toMatchObject({
      action: 'scale-columns',
      params: { columns: NAMES, scaling: 'min-max' },
    });
  });

  test('advises on a last activation that cannot reach the values', () => {
    const [problem] = problems(autoencoder(3, 'sigmoid', { reproduces: 'input' }));
    expect(problem).toMatchObject({ code: 'target/activation', severity: 'advice' });
  });

  test('rejects accuracy', () => {
    const [problem] = problems(sound, { metrics: ['accuracy'] });
    expect(problem).toMatchObject({ code: 'target/metric' });
    expect(problem?.message).toMatchInlineSnapshot(
      `"Accuracy counts classes; the values of Input 'input' are numbers. Choose mae or rmse."`,
    );
  });

  test('is updated when the Input is renamed', () => {
    const renamed = applyChange(sound, rename(sound, 'input', 'pixels')!);
    expect(renamed.nodes.at(-1)?.params['reproduces']).toBe('pixels');
    expect(problems(renamed)).toEqual([]);
  });
});
