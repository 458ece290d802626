import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { initialState } from '../../src-main/trainer/state/first-state.ts';
import { compileModel } from '../../src-shared/diagnostics/compile-model.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import { interpret } from '../../src-shared/program/interpret/interpret.ts';
import { tensorOf } from '../../src-shared/program/interpret/tensor.ts';
import type { Tensor } from '../../src-shared/program/interpret/tensor.ts';
import { optimizerSchema } from '../../src-shared/training/configuration/optimizers.ts';
import { configurationWith, numericColumns, numericFeatures } from '../support/documents.ts';
import { imported } from '../support/imported-models.ts';
import { decodeFloats, readFixture, relativeDifference } from '../support/keras-fixtures.ts';
import type { EncodedArray } from '../support/keras-fixtures.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const python = process.env['LAMINA_PEERS_PYTHON'];
const run = promisify(execFile);

/** One model of one version of Keras; train_model_files.py says what the fields hold. */
interface Case {
  readonly name: string;
  readonly optimizer: { readonly kind: 'sgd' | 'adam'; readonly learningRate: number };
  readonly inputs: Readonly<Record<string, EncodedArray>>;
  readonly targets: readonly EncodedArray[];
}

/** Columns of several arrays side by side, in order. */
function sideBySide(arrays: readonly EncodedArray[]): Tensor {
  const rows = arrays[0]!.shape[0]!;
  const parts = arrays.map((array) => ({ width: array.shape[1]!, values: decodeFloats(array) }));
  const data = Array.from({ length: rows }, (_, row) =>
    parts.flatMap(({ width, values }) => [...values.subarray(row * width, (row + 1) * width)]),
  ).flat();
  return tensorOf('float32', [rows, data.length / rows], data);
}

const columnsOf = (arrays: readonly EncodedArray[], prefix: string): string[][] => {
  let first = 0;
  return arrays.map(({ shape }) => Array.from({ length: shape[1]! }, () => `${prefix}${first++}`));
};

/** Inputs that take the columns of `x` in the file's order, Outputs that predict those of `y`. */
function withData(document: ModelDocument, { inputs, targets }: Case): ModelDocument {
  const names = Object.keys(inputs);
  const columns = columnsOf(Object.values(inputs), 'x');
  const outputs = document.nodes.filter(({ kind }) => kind === 'Output');
  const values = columnsOf(targets, 'y');
  const nodes = document.nodes.map((node) => {
    if (node.kind === 'Output') return { ...node, params: { targets: values[outputs.indexOf(node)]! } };
    if (node.kind !== 'Input' || names.length === 1) return node;
    return { ...node, params: { columns: columns[names.indexOf(node.name)]! } };
  });
  return { ...document, nodes };
}

function featuresOf({ inputs, targets }: Case) {
  const arrays = Object.values(inputs);
  const names = columnsOf(targets, 'y').flat();
  const several = arrays.length > 1;
  const inputShape = several ? [columnsOf(arrays, 'x').flat().length] : arrays[0]!.shape.slice(1);
  const { targets: numbers, ...features } = numericFeatures(inputShape, names.length);
  return {
    ...features,
    targets: numbers.map((target, index) => ({ ...target, name: names[index]! })),
    ...(several ? { columns: numericColumns(columnsOf(arrays, 'x').flat()) } : {}),
  };
}

/** Weights by name after one training step on all rows. */
function trained(example: Case, opened: Awaited<ReturnType<typeof imported>>): ReadonlyMap<string, Tensor> {
  const { inputs, targets, optimizer } = example;
  const loss = 'meanSquaredError';
  const configuration = configurationWith({ loss, metrics: [], optimizer: optimizerSchema.parse(optimizer) });
  const result = compileModel(withData(opened.document, example), featuresOf(example), configuration);
  if (!result.ok) throw new Error(result.problems.map(({ message }) => message).join('\n'));
  const { model } = result;
  const missing = model.weights.filter(({ name }) => !opened.weights.has(name)).map(({ name }) => name);
  expect(missing).toEqual([]);
  const state = [...initialState(model, 0, opened.weights)].map(
    ([name, { dtype, shape, data }]) => [name, tensorOf(dtype, shape, data)] as const,
  );
  const arrays = Object.values(inputs);
  const [only] = arrays;
  const feeds = new Map([
    ...state,
    ['x', arrays.length > 1 ? sideBySide(arrays) : tensorOf('float32', only!.shape, decodeFloats(only!))] as const,
    ['y', sideBySide(targets)] as const,
    ['learningRate', tensorOf('float32', [], [optimizer.learningRate])] as const,
  ]);
  const updated = interpret(model.programs.train, feeds).state;
  return new Map(model.weights.map(({ name }) => [name, updated.get(name) ?? feeds.get(name)!]));
}

/** Kinds of layers that have weights in the fixtures of single layers. */
function kindsWithWeights(): Set<string> {
  type Layers = readonly { readonly kind: string; readonly weights: object }[];
  const layers = ['layers.json', 'sequences.json', 'spatial.json'].flatMap((file) => readFixture<Layers>(file));
  return new Set(layers.filter(({ weights }) => Object.keys(weights).length > 0).map(({ kind }) => kind));
}

describe.skipIf(python === undefined)('model files that Keras wrote', () => {
  const folder = temporaryFolder();
  let cases: readonly Case[];
  beforeAll(async () => {
    await run(python!, [join(import.meta.dirname, 'train_model_files.py'), folder], { maxBuffer: 1e8 });
    cases = JSON.parse(readFileSync(join(folder, 'cases.json'), 'utf8')) as Case[];
  });

  const open = (name: string, moment: string, ending: string) =>
    imported(join(folder, `${name}.${moment}.${ending}`), join(folder, 'artifacts'));

  it.each(['keras', 'h5'])('.%s: one training step makes the weights that it makes in Keras', async (ending) => {
    const differences: Record<string, number> = {};
    for (const example of cases) {
      const [before, after] = [await open(example.name, 'before', ending), await open(example.name, 'after', ending)];
      for (const [name, { data }] of trained(example, before)) {
        differences[`${example.name}: ${name}`] = relativeDifference(data, after.weights.get(name)!.data);
      }
    }
    expect(Object.entries(differences).filter(([, difference]) => !(difference < 1e-5))).toEqual([]);
  });

  it('have every kind of layer with weights', async () => {
    const opened = await Promise.all(cases.map(({ name }) => open(name, 'before', 'keras')));
    const kinds = new Set(opened.flatMap(({ document }) => document.nodes.map(({ kind }) => kind)));
    expect([...kindsWithWeights()].filter((kind) => !kinds.has(kind))).toEqual([]);
  });
});
