import { describe, expect, test } from 'vitest';
import { analyze } from '../../src-shared/diagnostics/analyze.ts';
import { blockEnds } from '../../src-shared/layers/definition/block-ends.ts';
import { layerCatalog, layers } from '../../src-shared/layers/catalog/catalog.ts';
import { operations } from '../../src-shared/layers/kinds/core/operations.ts';
import { resolveParameters } from '../../src-shared/layers/parameters/resolve-parameters.ts';
import { sequentialDocument } from '../support/documents.ts';
import type { LayerLine } from '../support/documents.ts';
import { readFixture } from '../support/keras-fixtures.ts';
import { layerFixtureFiles } from '../support/layer-fixtures.ts';

interface ShapeCase extends LayerLine {
  readonly inputShape: number[];
  readonly outputShape: (number | null)[];
  readonly parameters: number;
}

describe('shapes and parameter counts equal Keras', () => {
  const cases = readFixture<ShapeCase[]>('shapes.json');

  test.each(cases)('$kind $params on $inputShape', ({ inputShape, outputShape, parameters, ...line }) => {
    const document = sequentialDocument([line]);
    document.nodes[0]!.params = { shape: inputShape };
    const analysis = analyze(document, null);
    expect(analysis.nodes.get('layer')?.outputShape).toEqual(outputShape);
    expect(analysis.parameters).toBe(parameters);
  });

  test('every kind that Keras has is in these or in the numeric fixtures', () => {
    const tested = layerFixtureFiles.flatMap((file) => readFixture<{ kind: string }[]>(file));
    const covered = new Set([...cases, ...tested].map(({ kind }) => kind));
    // Other tests cover the loss of ActivityRegularization.
    for (const kind of ['Input', 'Output', 'ActivityRegularization']) covered.add(kind);
    const inKeras = layers.filter(({ keras }) => keras?.missing !== true);
    expect(inKeras.filter(({ kind }) => !covered.has(kind)).map(({ kind }) => kind)).toEqual([]);
  });
});

/** Any text may be a formula, a name or a note; its validity depends on inputs and model. */
const ANY_TEXT: ReadonlySet<string> = new Set(['formula', 'inputName', 'note']);

describe.each(layers)('$kind', (definition) => {
  test('has valid defaults and a summary', () => {
    const { values, faults } = resolveParameters(definition, {});
    expect(faults).toEqual([]);
    expect(definition.summarize(values)).not.toContain('undefined');
    expect(new Set(definition.parameters.map((spec) => spec.name)).size).toBe(definition.parameters.length);
  });

  test('rejects values of every wrong type', () => {
    for (const spec of definition.parameters) {
      for (const wrong of [
        ...(ANY_TEXT.has(spec.type.kind) ? [] : ['nonsense']),
        { a: 1 },
        ...(spec.type.kind === 'numbers' ? [[1, 'x']] : [[0, -1, 2.5], new Array<number>(20).fill(1)]),
        -1e12,
      ]) {
        const { faults } = resolveParameters(definition, { [spec.name]: wrong });
        expect(
          faults.map((fault) => fault.spec.name),
          `${spec.name} ${JSON.stringify(wrong)}`,
        ).toEqual([spec.name]);
      }
    }
  });
});

test('the catalog is indexed by Keras class name', () => {
  expect([...layerCatalog.keys()]).toEqual([...layers, ...blockEnds, operations].map((layer) => layer.kind));
});

test('summaries show the important parameters', () => {
  const summary = (kind: string, params: LayerLine['params'] = {}): string => {
    const definition = layerCatalog.get(kind)!;
    return definition.summarize(resolveParameters(definition, params).values);
  };
  expect(summary('Dense', { units: 128, activation: 'relu' })).toBe('128, relu');
  expect(summary('Dense', { units: 10 })).toBe('10');
  expect(summary('Conv2D', { filters: 32, kernelSize: 3, activation: 'relu' })).toBe('32, 3 × 3, relu');
  expect(summary('Conv1D', { filters: 8, kernelSize: 5 })).toBe('8, 5');
  expect(summary('Conv3D', { filters: 8, kernelSize: [1, 3, 3] })).toBe('8, 1 × 3 × 3');
  expect(summary('DepthwiseConv2D')).toBe('1, 3 × 3');
  expect(summary('AveragePooling1D')).toBe('2');
  expect(summary('MaxPooling2D')).toBe('2 × 2');
  expect(summary('Dropout', { rate: 0.25 })).toBe('0.25');
  expect(summary('Activation')).toBe('relu');
  expect(summary('Input')).toBe('from data');
  expect(summary('Input', { shape: [28, 28, 1] })).toBe('28 × 28 × 1');
});
