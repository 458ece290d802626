import { describe, expect, test } from 'vitest';
import { analyze } from '../../src-shared/diagnostics/analyze.ts';
import { compareModels } from '../../src-shared/document/schema/compare.ts';
import type { JsonValue, ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import { kerasCode } from '../../src-shared/interchange/keras/code.ts';
import { toKeras } from '../../src-shared/interchange/keras/to-keras.ts';
import { inputPorts, nodeFacts, summaryOf } from '../../src-shared/layers/catalog/node-facts.ts';
import { readStoredProgram } from '../../src-shared/layers/parameters/stored-program.ts';
import type { StoredProgram } from '../../src-shared/layers/parameters/stored-program.ts';
import { classFeatures, sequentialDocument } from '../support/documents.ts';

/** relu(x · kernel + bias). */
const product: StoredProgram = {
  inputs: [{ name: 'x', shape: [4] }],
  weights: [
    { name: 'kernel', shape: [4, 3], trains: true, initializer: 'glorotUniform' },
    { name: 'bias', shape: [3], trains: false, initializer: 'zeros' },
  ],
  operations: [
    { op: 'matMul', inputs: [0, 1], attributes: { transposeA: false, transposeB: false }, name: 'd/MatMul' },
    { op: 'add', inputs: [3, 2] },
    { op: 'relu', inputs: [4], name: 'd/Relu' },
  ],
  output: { name: 'Relu', value: 5 },
};

const documentOf = (program: unknown): ModelDocument =>
  sequentialDocument([
    { kind: 'Operations', name: 'part', params: { program: program as JsonValue } },
    { kind: 'Dense', name: 'classes', params: { units: 3, activation: 'softmax' } },
  ]);

const features = classFeatures([4], 3);
const errorsOf = (document: ModelDocument): string[] =>
  analyze(document, features).problems.flatMap(({ code, severity }) => (severity === 'error' ? [code] : []));
const part = ({ nodes }: ModelDocument) => nodes.find(({ name }) => name === 'part')!;

test('an Operations node has the shape and the parameters of its operations', () => {
  const document = documentOf(product);
  expect(errorsOf(document)).toEqual([]);
  expect(analyze(document, features).nodes.get(part(document).id)).toMatchObject({
    outputShape: [null, 3],
    parameters: 15,
  });
  expect(summaryOf(nodeFacts(document, part(document))!, part(document), () => undefined)).toBe('3 operations');
});

test('inputs are named ports if there are several, and each needs a connection', () => {
  const program = { ...product, inputs: [...product.inputs, { name: 'y', shape: [4] }] };
  const document = documentOf(program);
  expect(inputPorts(document, part(documentOf(product)))).toBeUndefined();
  expect(inputPorts(document, part(document))!.map(({ name }) => name)).toEqual(['x', 'y']);
  expect(errorsOf(document)).toContain('graph/missing-input');
});

test('a change of the operations is found by the comparison', () => {
  const changed = { ...product, operations: product.operations.with(2, { op: 'tanh', inputs: [4] }) };
  const { nodes } = compareModels(documentOf(product), documentOf(changed));
  expect(
    nodes.filter(({ status }) => status === 'changed').map(({ after, changes }) => [after?.name, changes[0]?.what]),
  ).toEqual([['part', 'program']]);
});

test('Keras code names what Keras lacks', () => {
  const document = documentOf(product);
  const { notes, ...model } = toKeras(document, analyze(document, features));
  expect(notes).toHaveLength(1);
  expect(notes[0]).toContain("Operations ('part')");
  expect(kerasCode({ ...model, notes })).toContain('layers.Operations(name="part")');
});

describe('programs that are refused', () => {
  const withOperation = (index: number, change: object): unknown => ({
    ...product,
    operations: product.operations.map((operation, at) => (at === index ? { ...operation, ...change } : operation)),
  });

  test.each<[string, unknown]>([
    ['no object', 5],
    ['no operations', { inputs: product.inputs, weights: [], output: product.output }],
    ['an operation that updates state', withOperation(1, { op: 'applyAdam' })],
    ['the name of a property of all objects', withOperation(1, { op: 'constructor' })],
    ['attributes of another operation', withOperation(0, { attributes: { axes: [0] } })],
    ['a negative size', withOperation(2, { op: 'reshape', attributes: { shape: [null, -3] } })],
    ['a batch axis that is not the first', withOperation(2, { op: 'reshape', attributes: { shape: [3, null] } })],
    ['an input that is computed later', withOperation(1, { inputs: [5, 2] })],
    ['an output that is not a value', { ...product, output: { name: 'y', value: 6 } }],
    ['two weights of one name', { ...product, weights: [product.weights[0], product.weights[0]] }],
    ['a name with a slash', { ...product, weights: [{ ...product.weights[0], name: 'a/b' }, product.weights[1]] }],
    ['too many operations', { ...product, operations: new Array(6000).fill(product.operations[2]) }],
    [
      'constants that fill no shape',
      withOperation(2, { op: 'constant', inputs: [], attributes: { dtype: 'float32', shape: [3], values: [1, 2] } }),
    ],
    [
      'too many constants',
      withOperation(2, {
        op: 'constant',
        inputs: [],
        attributes: { dtype: 'float32', shape: [20_000], values: new Array(20_000).fill(1) },
      }),
    ],
    ['a field that does not exist', { ...product, code: 'x' }],
  ])('%s', (_, program) => {
    expect(readStoredProgram(program as JsonValue)).toHaveProperty('fault');
    expect(errorsOf(documentOf(program))).toContain('layer/bad-parameter');
  });

  test.each<[string, unknown]>([
    ['an input of another shape', { ...product, inputs: [{ name: 'x', shape: [5] }] }],
    ['operations that do not fit', withOperation(1, { inputs: [3, 1] })],
    ['operations with another number of inputs', withOperation(1, { inputs: [3] })],
    ['an output without a batch axis', { ...product, output: { name: 'bias', value: 2 } }],
    [
      'an output with several rows for each example',
      withOperation(2, { op: 'reshape', attributes: { shape: [null, 1] } }),
    ],
    ['an output that is not a number', withOperation(2, { op: 'greater', inputs: [4, 4] })],
    [
      'values of an absurd size',
      withOperation(2, { op: 'pad', attributes: { before: [0, 2 ** 30], after: [0, 2 ** 30], value: 0 } }),
    ],
    [
      'weights of an absurd size',
      { ...product, weights: [{ ...product.weights[0], shape: [4, 2 ** 30] }, product.weights[1]] },
    ],
  ])('shapes: %s', (_, program) => {
    expect(readStoredProgram(program as JsonValue)).toHaveProperty('program');
    expect(errorsOf(documentOf(program))).toContain('layer/shape');
  });
});
