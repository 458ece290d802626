import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { importModel } from '../../src-main/interchange/import-model.ts';
import { relativeDifference } from '../../src-main/engines/interface/relative-difference.ts';
import { readArtifact } from '../../src-main/runs/artifacts.ts';
import { AppError } from '../../src-shared/errors/app-error.ts';
import { standaloneModel } from '../../src-shared/compiler/standalone-model.ts';
import { isStoredOpName } from '../../src-shared/layers/parameters/stored-program.ts';
import type { StoredProgram } from '../../src-shared/layers/parameters/stored-program.ts';
import { interpret } from '../../src-shared/program/interpret/interpret.ts';
import { tensorOf } from '../../src-shared/program/interpret/tensor.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import { Dice } from '../support/dice.ts';
import {
  floats,
  numbers,
  integer,
  graphOf,
  y,
  node,
  same,
  kernel,
  batchNorm,
  cases,
  scoped,
} from '../support/graph-cases.ts';
import { b, i, ints, placeholder, s, texts, type, writeGraph } from '../support/graph-files.ts';
import type { TestGraph } from '../support/graph-files.ts';
import { seedsOf } from '../support/portion.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { tfjsPredictions } from '../support/tfjs-graph.ts';

const dice = new Dice(1, 'graph models');
const BATCH = 3;

async function opened(path: string): Promise<Awaited<ReturnType<typeof importModel>> & { readonly artifacts: string }> {
  const artifacts = join(temporaryFolder(), 'artifacts');
  const context = { signal: new AbortController().signal, onProgress: () => {} };
  return { ...(await importModel({ path, artifacts, onto: null }, context)), artifacts };
}

const programsOf = ({ nodes }: ModelDocument): StoredProgram[] =>
  nodes.flatMap(({ params: { program } }) => (program === undefined ? [] : [program as unknown as StoredProgram]));

/** Largest relative difference from the outputs of TensorFlow.js. */
const difference = (graph: TestGraph): Promise<number> =>
  differenceOf(writeGraph(temporaryFolder(), graph), Object.values(graph.outputs));

async function differenceOf(path: string, outputNodes: readonly string[]): Promise<number> {
  const { document, artifacts } = await opened(path);
  const compiled = standaloneModel(document, null);
  if (!compiled.ok) throw new Error(compiled.problems[0]!.message);
  const { program, inputs, outputs } = compiled.model;
  const given = inputs.map(({ layer, input, shape }) => {
    const count = shape.reduce((product, size) => product * size, BATCH);
    const data = Float32Array.from({ length: count }, () => dice.unit() * 2 - 1);
    return { layer, input, shape: [BATCH, ...shape], data };
  });
  const weights =
    document.weights === undefined ? new Map() : (await readArtifact(artifacts, document.weights.artifact)).tensors;
  const feeds = new Map([
    ...given.map(({ input, shape, data }) => [input, tensorOf('float32', shape, data)] as const),
    ...[...weights].map(([name, { dtype, shape, data }]) => [name, tensorOf(dtype, shape, data)] as const),
  ]);
  const found = interpret(program, feeds).outputs;
  const feedsOfTfjs = Object.fromEntries(given.map(({ layer, shape, data }) => [layer, { shape, data }]));
  const expected = await tfjsPredictions(path, feedsOfTfjs, outputNodes);
  return Math.max(
    ...outputs.map(({ output }, index) => {
      const { shape, data } = found.get(output)!;
      expect(shape).toEqual(expected[index]!.shape);
      return relativeDifference([...data], expected[index]!.data, 1e-3);
    }),
  );
}

describe('operations compute as in TensorFlow.js', () => {
  test.each(Object.entries(cases))('%s', async (_, graph) => {
    expect(await difference(graph)).toBeLessThan(1e-5);
  });

  test.each(['uint8', 'uint16'] as const)('weights that are rounded to %s', async (dtype) => {
    const path = writeGraph(temporaryFolder(), cases['MatMul']!);
    const json = JSON.parse(readFileSync(path, 'utf8')) as { weightsManifest: { weights: object[] }[] };
    const quantization = { dtype, min: -0.75, scale: dtype === 'uint8' ? 0.01 : 0.00003, original_dtype: 'float32' };
    json.weightsManifest[0]!.weights = [{ name: 'w', shape: [4, 3], dtype: 'float32', quantization }];
    writeFileSync(path, JSON.stringify(json));
    const stored = Array.from({ length: 12 }, (_, index) => index * 21);
    const shard = dtype === 'uint8' ? Uint8Array.from(stored) : Uint16Array.from(stored, (value) => value * 250);
    writeFileSync(join(dirname(path), 'shard.bin'), shard);
    expect(await differenceOf(path, ['y'])).toBeLessThan(1e-5);
  });

  test('an Embedding: GatherV2 of integers', async () => {
    const graph: TestGraph = {
      nodes: [placeholder('x', [-1, 4], 'DT_INT32'), y('GatherV2', ['table', 'x', 'axis'], { batch_dims: i(0) })],
      constants: { table: floats(6, 3), axis: integer(0) },
      outputs: { y: 'y' },
    };
    const path = writeGraph(temporaryFolder(), graph);
    const { document } = await opened(path);
    expect(programsOf(document)[0]!.weights).toMatchObject([{ name: 'embeddings', shape: [6, 3], trains: true }]);
  });
});

describe('parts', () => {
  test('scopes are nodes with their inputs, and a value that an output reads ends a node', async () => {
    const { document, report } = await opened(writeGraph(temporaryFolder(), scoped));
    const nameOf = new Map(document.nodes.map(({ id, name }) => [id, name]));
    expect(document.nodes.map(({ kind, name, frozen }) => [kind, name, frozen])).toEqual([
      ['Input', 'x', false],
      ['Input', 'other', false],
      ['Operations', 'a', true],
      ['Operations', 'b', true],
      ['Operations', 'join', false],
      ['Output', 'features', false],
      ['Output', 'probabilities', false],
    ]);
    expect(
      document.edges.map(({ source, target, targetPort }) => [nameOf.get(source), nameOf.get(target), targetPort]),
    ).toEqual([
      ['x', 'a', undefined],
      ['a', 'b', undefined],
      ['b', 'join', 'b'],
      ['other', 'join', 'other'],
      ['a', 'features', undefined],
      ['join', 'probabilities', undefined],
    ]);
    expect(report).toMatchObject({
      format: 'tfjs-graph',
      layers: 2,
      operations: 3,
      parameters: 32,
      fileParameters: 32,
    });
    expect(await difference(scoped)).toBeLessThan(1e-5);
  });

  test('a tensor of two nodes: both have a copy, which does not train', async () => {
    const graph: TestGraph = {
      ...scoped,
      nodes: scoped.nodes.map((each) => ({
        ...each,
        input: (each.input ?? []).map((name) => (name === 'w1' ? 'w0' : name)),
      })),
    };
    const { document, report } = await opened(writeGraph(temporaryFolder(), graph));
    expect(report.losses.map(({ code }) => code)).toContain('operations/shared-weights');
    expect(programsOf(document).flatMap(({ weights }) => weights.map(({ trains }) => trains))).toEqual([false, false]);
    expect(await difference(graph)).toBeLessThan(1e-5);
  });

  test('a long graph without scopes is folded by its repetition', async () => {
    const blocks = Array.from({ length: 12 }, (_, index) => index);
    const graph: TestGraph = {
      nodes: [
        placeholder('x', [-1, 4]),
        ...blocks.flatMap((index) => {
          const before = index === 0 ? 'x' : `Tanh__${index - 1}`;
          const product = { transpose_a: b(false), transpose_b: b(false) };
          return [
            node(`MatMul__${index}`, 'MatMul', [before, `w${index}`], product),
            node(`Abs__${index}`, 'Abs', [`MatMul__${index}`]),
            node(`Tanh__${index}`, 'Tanh', [`Abs__${index}`]),
          ];
        }),
      ],
      constants: Object.fromEntries(blocks.map((index) => [`w${index}`, floats(4, 4)])),
      outputs: { y: 'Tanh__11' },
    };
    const { document } = await opened(writeGraph(temporaryFolder(), graph));
    expect(document.groups).toHaveLength(12);
    const groupOf = new Map(document.nodes.map(({ name, group }) => [name, group]));
    for (const index of blocks) expect(groupOf.get(`MatMul__${index}`)).toBe(groupOf.get(`Tanh__${index}`));
  });

  test('statistics do not train, factors and summands do', async () => {
    const { document } = await opened(writeGraph(temporaryFolder(), cases['FusedBatchNormV3']!));
    expect(programsOf(document)[0]!.weights.map(({ name, trains }) => [name, trains])).toEqual([
      ['gamma', true],
      ['beta', true],
      ['moving_mean', false],
      ['moving_variance', false],
    ]);
  });

  test('a batch of one example in the file is used as the batch axis, and reported', async () => {
    const graph: TestGraph = {
      nodes: [placeholder('x', [1, 2, 3]), y('Reshape', ['x', 'target'])],
      constants: { target: numbers(1, 6) },
      outputs: { y: 'y' },
    };
    const { document, report } = await opened(writeGraph(temporaryFolder(), graph));
    expect(report.losses).toContainEqual(
      expect.objectContaining({ code: 'operations/fixed-batch', severity: 'changed' }),
    );
    expect(standaloneModel(document, null)).toMatchObject({ ok: true });
  });
});

test('operations that are converted can be stored', () => {
  const operations = Object.keys(cases);
  expect(operations.length).toBeGreaterThan(70);
  expect(isStoredOpName('conv2d')).toBe(true);
  expect(isStoredOpName('applyAdam')).toBe(false);
});

describe('refused', () => {
  const refusal = async (graph: TestGraph, change: (json: Record<string, unknown>) => unknown = (json) => json) => {
    const path = writeGraph(temporaryFolder(), graph);
    writeFileSync(path, JSON.stringify(change(JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>)));
    return opened(path).then(
      () => null,
      (error: unknown) => error,
    );
  };

  test('operations that Lamina lacks, all of them with their counts', async () => {
    const graph = graphOf(
      [4],
      [
        node('a', 'Cumsum', ['x', 'axis']),
        node('c', 'Cumsum', ['a', 'axis']),
        node('d', 'While', ['c']),
        y('Relu', ['d']),
      ],
      { axis: integer(1) },
    );
    expect(await refusal(graph)).toMatchObject({
      code: 'model-file/unsupported',
      details: { operations: { Cumsum: 2, While: 1 } },
    });
  });

  test.each<[string, TestGraph]>([
    ['a mean over the batch', graphOf([4], [y('Mean', ['x', 'axes'])], { axes: numbers(0) })],
    ['channels first', graphOf([4, 6, 6], [y('Conv2D', ['x', 'k'], { ...same, data_format: s('NCHW') })], kernel)],
    [
      'normalization by the batch',
      graphOf(
        [2, 2, 4],
        [y('FusedBatchNormV3', ['x', 'gamma', 'beta', 'mean', 'variance'], { is_training: b(true) })],
        batchNorm,
      ),
    ],
    [
      'an unknown size',
      { ...graphOf([4], [y('Relu', ['x'])]), nodes: [placeholder('x', [-1, -1, 4]), y('Relu', ['x'])] },
    ],
    ['a kernel of another size', graphOf([6, 6, 3], [y('Conv2D', ['x', 'k'], same)], { k: floats(3, 3, 2, 5) })],
    [
      'a size that is half of the batch',
      graphOf(
        [4],
        [
          node('shape', 'Shape', ['x'], { out_type: type('DT_INT32') }),
          node('half', 'FloorDiv', ['shape', 'two']),
          y('Reshape', ['x', 'half']),
        ],
        { two: numbers(2, 1) },
      ),
    ],
    [
      'resizing with aligned corners',
      graphOf(
        [2, 2, 1],
        [y('ResizeBilinear', ['x', 'size'], { align_corners: b(true), half_pixel_centers: b(false) })],
        { size: numbers(4, 4) },
      ),
    ],
    [
      'an unknown activation',
      graphOf([4], [y('_FusedMatMul', ['x', 'w'], { fused_ops: texts('Mystery') })], { w: floats(4, 4) }),
    ],
    [
      'a mode of padding',
      graphOf([6, 6, 4], [y('MaxPool', ['x'], { ...same, ksize: ints(1, 2, 2, 1), padding: s('ODD') })]),
    ],
  ])('%s', async (_, graph) => {
    expect(await refusal(graph)).toMatchObject({ code: 'model-file/unsupported' });
  });

  test.each<[string, TestGraph]>([
    ['a cycle', graphOf([4], [node('a', 'AddV2', ['x', 'y']), y('Relu', ['a'])])],
    ['a missing node', graphOf([4], [y('Relu', ['missing'])])],
    ['a missing output of a node', graphOf([4], [node('a', 'Relu', ['x']), y('Relu', ['a:3'])])],
    ['two nodes of one name', graphOf([4], [y('Relu', ['x']), y('Relu', ['x'])])],
    [
      'an attribute that is not a number',
      graphOf(
        [4],
        [y('AddN', ['x']), node('z', 'Relu', ['y']), { ...y('Unpack', ['z'], { axis: { i: 'many' } }), name: 'w' }],
      ),
    ],
  ])('damaged: %s', async (name, graph) => {
    const outputs = name.startsWith('an attribute') ? { y: 'w' } : graph.outputs;
    expect(await refusal({ ...graph, outputs })).toMatchObject({ code: 'model-file/damaged' });
  });

  test.each<[string, (json: Record<string, unknown>) => unknown]>([
    ['nodes that are not a list', (json) => ({ ...json, modelTopology: { node: 5 } })],
    ['no topology', (json) => ({ ...json, modelTopology: null })],
    ['a constant without weights', (json) => ({ ...json, weightsManifest: [] })],
    ['no nodes', (json) => ({ ...json, modelTopology: { node: [] } })],
    [
      'an absurd shape',
      (json) => ({
        ...json,
        weightsManifest: [{ paths: ['shard.bin'], weights: [{ name: 'w', shape: [1e9, 1e9], dtype: 'float32' }] }],
      }),
    ],
  ])('damaged: %s', async (_, change) => {
    expect(await refusal(cases['MatMul']!, change)).toMatchObject({ code: 'model-file/damaged' });
  });
});

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const REPLACEMENTS: readonly Json[] = [
  null,
  true,
  '',
  'x',
  'y',
  'k',
  '^x',
  'x:7',
  -1,
  0,
  0.5,
  1e9,
  '-1',
  '0',
  '1e99',
  [],
  {},
  [[]],
];

/** Replaces or removes one value at a random place. */
function mutate(value: Json, random: Dice): Json {
  if (typeof value !== 'object' || value === null || random.chance(15)) {
    return typeof value === 'number' && random.chance(50) ? value + random.pick([-1, 1, 7]) : random.pick(REPLACEMENTS);
  }
  if (Array.isArray(value)) {
    if (value.length === 0) return random.pick(REPLACEMENTS);
    const at = random.below(value.length);
    if (random.chance(10)) return value.toSpliced(at, 1);
    return value.with(at, mutate(value[at]!, random));
  }
  const key = random.pick(Object.keys(value).length > 0 ? Object.keys(value) : ['']);
  if (random.chance(10)) return Object.fromEntries(Object.entries(value).filter(([name]) => name !== key));
  return { ...value, [key]: mutate(value[key] ?? null, random) };
}

test.each(seedsOf('damaged graphs', { quick: 150, ci: 400, soak: 2000 }))(
  'a damaged graph is refused with an error for people, or opens, seed %s',
  async (seed) => {
    const random = new Dice(seed, 'damaged graphs');
    const path = writeGraph(temporaryFolder(), random.pick([...Object.values(cases), scoped]));
    let json = JSON.parse(readFileSync(path, 'utf8')) as Json;
    for (let count = random.from(1, 3); count > 0; count--) json = mutate(json, random);
    writeFileSync(path, JSON.stringify(json));
    const error = await opened(path).then(
      () => null,
      (thrown: unknown) => thrown,
    );
    if (error !== null) expect(error).toBeInstanceOf(AppError);
  },
);
