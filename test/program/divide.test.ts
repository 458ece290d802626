import { createHash } from 'node:crypto';
import { describe, expect, it, test } from 'vitest';
import { compileModel } from '../../src-shared/diagnostics/compile-model.ts';
import { initialWeights } from '../../src-shared/compiler/forward/initial-weights.ts';
import type { CompiledModel } from '../../src-shared/compiler/graph/compiled.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import { STEP } from '../../src-shared/compiler/optimizers/emit.ts';
import { ProgramBuilder } from '../../src-shared/program/builder/builder.ts';
import { divideProgram, firstChange } from '../../src-shared/program/builder/divide.ts';
import type { DividedProgram } from '../../src-shared/program/builder/divide.ts';
import { simplify } from '../../src-shared/program/builder/simplify.ts';
import { validateProgram } from '../../src-shared/program/builder/validate.ts';
import { interpret } from '../../src-shared/program/interpret/interpret.ts';
import { tensorOf } from '../../src-shared/program/interpret/tensor.ts';
import type { Tensor } from '../../src-shared/program/interpret/tensor.ts';
import type { Program } from '../../src-shared/program/language/types.ts';
import { Dice } from '../support/dice.ts';
import { classFeatures, configurationWith, dense, sequentialDocument } from '../support/documents.ts';
import type { LayerLine } from '../support/documents.ts';
import { modelCase, ROWS } from '../support/model-case.ts';
import { seedsOf } from '../support/portion.ts';
import { innerKinds, randomModel } from '../support/random-model.ts';

const hash = (text: string): string => createHash('sha256').update(text).digest('hex');

const divide = (program: Program, updated: string[] = [], only?: string[]): DividedProgram | null =>
  divideProgram(simplify(program), {
    updated: new Set(updated),
    targets: new Set(['y']),
    prefix: 'cached',
    hash,
    ...(only === undefined ? {} : { only: new Set(only) }),
  });

/** Types of the cached values. */
const cachedShapes = (divided: DividedProgram | null) =>
  divided?.features.outputs.map(({ value }) => divided.features.values[value]!.shape) ?? [];

const operationsOf = ({ operations }: Program): string[] => operations.map(({ op }) => op);

/** x · a, relu, · b, softmax-like sum; the loss reads y. */
function chain(): Program {
  const b = new ProgramBuilder();
  const x = b.input('x', 'float32', [null, 4]);
  const y = b.input('y', 'float32', [null, 2]);
  const hidden = b.within('a', () => b.plain('relu', b.matMul(x, b.state('a', 'float32', [4, 3]))));
  const output = b.within('b', () => b.matMul(hidden, b.state('b', 'float32', [3, 2])));
  b.output('report', b.reduceSum(b.subtract(output, y), [0, 1]));
  return b.build();
}

describe('divideProgram', () => {
  it('cuts before the first state that changes', () => {
    const divided = divide(chain(), ['b'])!;
    expect(cachedShapes(divided)).toEqual([[null, 3]]);
    expect(operationsOf(divided.features)).toEqual(['matMul', 'relu']);
    expect(divided.features.inputs.map(({ name }) => name)).toEqual(['x']);
    expect(divided.rest.inputs.map(({ name }) => name)).toEqual(['y', divided.features.outputs[0]!.name]);
    expect(operationsOf(divided.rest)).toEqual(['matMul', 'subtract', 'reduceSum']);
  });

  it('caches nothing if the first product changes', () => {
    expect(divide(chain(), ['a', 'b'])).toBeNull();
  });

  it('leaves what targets, values per step, sums over the batch and indices in it take part in', () => {
    const b = new ProgramBuilder();
    const weight = b.state('a', 'float32', [2, 2]);
    const product = b.matMul(b.input('x', 'float32', [null, 2]), weight);
    b.output('target', b.add(b.matMul(b.input('y', 'float32', [null, 2]), weight), product));
    b.output('step', b.multiply(product, b.input('rate', 'float32', [])));
    b.output('mean', b.subtract(product, b.reduceSum(product, [0])));
    const [normal] = b.op(
      'batchNormalization',
      [product, b.constant('float32', [2], [1]), b.constant('float32', [2], [0])],
      {
        epsilon: 0.001,
      },
    );
    b.output('normal', b.plain('relu', normal));
    b.output('drawn', b.multiply(product, b.randomUniform(product, b.input('draw', 'int32', []), [1, 2])));
    b.output('index', b.plain('rowIndices', product));
    const divided = divide(b.build())!;
    expect(operationsOf(divided.features)).toEqual(['matMul']);
    expect(divided.rest.inputs.map(({ name }) => name).slice(0, 3)).toEqual(['y', 'rate', 'draw']);
    expect(operationsOf(divided.rest)).not.toContain('input x');
  });

  it('leaves gathers and elementwise operations before the first product', () => {
    const b = new ProgramBuilder();
    const x = b.input('x', 'float32', [null, 3]);
    b.output('rows', b.op('gather', [b.state('table', 'float32', [9, 5]), b.cast(x, 'int32')], { axis: 0 })[0]);
    b.output('scaled', b.multiply(x, b.scalar(2)));
    expect(divide(b.build())).toBeNull();
  });

  it('stores values of other types and of several rows for an example as float32 rows of the example', () => {
    const b = new ProgramBuilder();
    const x = b.input('x', 'float32', [null, 3, 2]);
    const product = b.matMul(b.reshape(x, [null, 2]), b.state('a', 'float32', [2, 4]));
    b.output('classes', b.op('argMax', [product], { axis: 1 })[0]);
    b.output('step', b.multiply(product, b.input('rate', 'float32', [])));
    const divided = divide(b.build())!;
    expect(cachedShapes(divided)).toEqual([
      [null, 3, 4],
      [null, 3],
    ]);
    const feeds = new Map<string, Tensor>([
      ['x', tensorOf('float32', [2, 3, 2], [1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3])],
      ['a', tensorOf('float32', [2, 4], [1, -2, 3, 0, 5, 6, -7, 1])],
      ['rate', tensorOf('float32', [], [2])],
    ]);
    const features = interpret(divided.features, feeds).outputs;
    expect([...features.values()].map(({ dtype }) => dtype)).toEqual(['float32', 'float32']);
    expect(interpret(divided.rest, new Map([...feeds, ...features])).outputs).toEqual(
      interpret(simplify(b.build()), feeds).outputs,
    );
  });

  it('with `only` caches earlier values, also if later ones could be cached', () => {
    const options = { targets: new Set(['y']), prefix: 'cached', hash };
    const program = simplify(chain());
    const first = divideProgram(program, { ...options, updated: new Set(['b']) })!;
    const only = new Set(first.features.outputs.map(({ name }) => name));
    const later = divideProgram(program, { ...options, updated: new Set(), only })!;
    expect(later.features.outputs.map(({ name }) => name)).toEqual([...only]);
    expect(divideProgram(program, { ...options, updated: new Set(['a']), only })).toBeNull();
  });
});

describe('firstChange', () => {
  const options = (...updated: string[]) => ({ updated: new Set(updated), targets: new Set(['y']) });

  it('names what trains, what draws and what follows the batch', () => {
    expect(firstChange(chain(), options('a'))).toEqual({ change: 'trained', scope: 'a', after: ['a', 'b', ''] });
    const b = new ProgramBuilder();
    const x = b.input('x', 'float32', [null, 2]);
    const step = b.state('step', 'int32', []);
    b.within('noise', () => b.output('a', b.add(x, b.randomUniform(x, step, [1, 2]))));
    expect(firstChange(b.build(), options('step'))).toMatchObject({ change: 'random', scope: 'noise' });
    const other = new ProgramBuilder();
    const read = other.input('x', 'float32', [null, 2]);
    other.within('norm', () => other.output('a', other.reduceSum(read, [0])));
    expect(firstChange(other.build(), options())).toMatchObject({ change: 'batch', scope: 'norm' });
  });
});

describe('random draws that are cached', () => {
  const flip: LayerLine = { kind: 'RandomFlip', name: 'random' };
  const base: readonly LayerLine[] = [
    { kind: 'Conv2D', name: 'conv', params: { filters: 3, kernelSize: 3 }, frozen: true },
    { kind: 'GlobalAveragePooling2D', name: 'pool' },
    { kind: 'Dropout', name: 'dropout', params: { rate: 0.5 } },
    dense(2, 'softmax', { name: 'classes' }),
  ];
  const divided = (document: ModelDocument) => {
    const result = compileModel(document, classFeatures([6, 6, 2], 2), configurationWith({ seed: 3 }));
    if (!result.ok) throw new Error(result.problems.map(({ message }) => message).join());
    const { model } = result;
    const { train } = model.programs;
    const updated = new Set(train.state.flatMap(({ name, update }) => (update === undefined ? [] : name)));
    const draws = { scopes: new Set(model.augmentations), step: STEP };
    return { model, parts: divideProgram(train, { updated, targets: new Set(['y']), prefix: 'train', hash, draws })! };
  };
  /** Reports of a step with the draws of that step, divided and whole. */
  const reports = ({ model, parts }: ReturnType<typeof divided>, step: number): [Tensor, Tensor] => {
    const dice = new Dice(4, 'images');
    const x = tensorOf(
      'float32',
      [ROWS, 6, 6, 2],
      Array.from({ length: ROWS * 72 }, () => 128 + 60 * dice.normal()),
    );
    const feeds = feedsOf(model, 3, x).set(STEP, tensorOf('int32', [], [step]));
    const values = interpret(parts.features, new Map([...feeds, ['draw', tensorOf('int32', [], [step])]])).outputs;
    const part = interpret(parts.rest, new Map([...feeds, ...values])).outputs.get('report')!;
    return [part, interpret(model.programs.train, feeds).outputs.get('report')!];
  };

  test.each([
    ['RandomFlip', {}],
    ['RandomRotation', { factor: 0.3 }],
    ['RandomZoom', { heightFactor: 0.3 }],
    ['RandomTranslation', { heightFactor: 0.3, widthFactor: 0.3 }],
    ['RandomContrast', { factor: 0.5 }],
    ['RandomBrightness', { factor: 0.5 }],
    ['RandomCrop', { height: 4, width: 4 }],
  ])('%s is part of what is cached, and Dropout above it is not', (kind, params) => {
    const found = divided(sequentialDocument([{ kind, name: 'random', params }, ...base]));
    expect(found.model.augmentations).toEqual(['random']);
    const { features, rest } = found.parts;
    expect(cachedShapes(found.parts)).toEqual([[null, 3]]);
    expect(features.inputs.map(({ name }) => name)).toEqual(['x', 'draw']);
    expect(rest.inputs.map(({ name }) => name)).not.toContain('x');
    for (const program of [features, rest]) expect(validateProgram(program)).toEqual([]);
    for (const step of [0, 7]) {
      const [part, whole] = reports(found, step);
      expect([...part.data]).toEqual([...whole.data]);
    }
    expect([...reports(found, 0)[0].data]).not.toEqual([...reports(found, 7)[0].data]);
  });

  it('reads what is drawn where it meets the frozen part again: nothing is drawn twice', () => {
    const document = sequentialDocument([flip, ...base]);
    const idOf = (name: string): string => document.nodes.find((node) => node.name === name)!.id;
    const sum = { ...document.nodes.find(({ name }) => name === 'pool')!, id: 'sum', name: 'sum', kind: 'Concatenate' };
    const same = { id: 'same', name: 'same', kind: 'Conv2D', position: { x: 0, y: 0 } };
    const trained = { ...same, frozen: false, params: { filters: 3, kernelSize: 3 } };
    const edges = document.edges
      .filter(({ target }) => target !== idOf('pool'))
      .concat([
        { id: 'e1', source: idOf('conv'), target: 'sum' },
        { id: 'e2', source: idOf('random'), target: 'same' },
        { id: 'e3', source: 'same', target: 'sum' },
        { id: 'e4', source: 'sum', target: idOf('pool') },
      ]);
    const found = divided({ ...document, nodes: [...document.nodes, { ...sum, params: {} }, trained], edges });
    expect(cachedShapes(found.parts)).toHaveLength(2);
    const [part, whole] = reports(found, 5);
    expect([...part.data]).toEqual([...whole.data]);
  });
});

/** One model for each kind of layer, and more as the portion says. */
const kinds = innerKinds.length;
const seeds = seedsOf('divided models', { quick: kinds, ci: 3 * kinds, soak: 20 * kinds });

/** Layers are frozen at random; those before the Outputs are trained. */
function partlyFrozen(document: ModelDocument, seed: number): ModelDocument {
  const dice = new Dice(seed, 'frozen');
  const ends = document.nodes.filter(({ kind }) => kind === 'Output').map(({ id }) => id);
  const heads = new Set(document.edges.filter(({ target }) => ends.includes(target)).map(({ source }) => source));
  const nodes = document.nodes.map((node) =>
    heads.has(node.id)
      ? { ...node, frozen: false, params: { ...node.params, activation: 'softmax' } }
      : { ...node, frozen: node.kind !== 'Input' && dice.chance(75) },
  );
  return { ...document, nodes };
}

const rowsOf = ({ dtype, shape, data }: Tensor, from: number, to: number): Tensor => {
  const size = data.length / shape[0]!;
  return tensorOf(dtype, shape.with(0, to - from), data.slice(from * size, to * size));
};

/** The cached values, computed example by example. */
function cachedValues(features: Program, feeds: ReadonlyMap<string, Tensor>): Map<string, Tensor> {
  const one = (row: number): ReadonlyMap<string, Tensor> => {
    const x = rowsOf(feeds.get('x')!, row, row + 1);
    return interpret(features, new Map([...feeds, ['x', x]])).outputs;
  };
  const parts = Array.from({ length: ROWS }, (_, row) => one(row));
  return new Map(
    features.outputs.map(({ name }) => {
      const rows = parts.map((part) => part.get(name)!);
      const { dtype, shape } = rows[0]!;
      expect(shape[0], name).toBe(1);
      return [
        name,
        tensorOf(
          dtype,
          shape.with(0, ROWS),
          rows.flatMap(({ data }) => [...data]),
        ),
      ];
    }),
  );
}

const divided = seeds.flatMap((seed) => {
  const example = modelCase(randomModel(seed, innerKinds[seed % kinds]!));
  const { document, kinds: inside } = example.model;
  const inputs = document.nodes.filter(({ kind }) => kind === 'Input');
  if (inputs.length > 1) return [];
  const features = classFeatures(inputs[0]!.params['shape'] as number[], 2);
  const result = compileModel(partlyFrozen(document, seed), features, configurationWith({ seed }));
  if (!result.ok) return [];
  const { model } = result;
  const updated = new Set(model.programs.train.state.flatMap(({ name, update }) => (update === undefined ? [] : name)));
  return (['train', 'evaluate'] as const).flatMap((name) => {
    const options = { updated, targets: new Set(['y']), prefix: name, hash };
    const parts = divideProgram(model.programs[name], options);
    if (parts === null) return [];
    return [
      {
        title: `seed ${seed}, ${name}: ${inside.join(', ')}`,
        name,
        parts,
        model,
        seed,
        x: example.feeds.get(inputs[0]!.id)!,
      },
    ];
  });
});

test('random models have parts to cache', () => {
  expect(divided.length).toBeGreaterThan(seeds.length / 8);
});

test.each(divided)('$title: the parts compute what the program computes', ({ parts, model, name, seed, x }) => {
  for (const part of [parts.features, parts.rest]) expect(validateProgram(part)).toEqual([]);
  const feeds = feedsOf(model, seed, x);
  const values = cachedValues(parts.features, feeds);
  const whole = interpret(model.programs[name], feeds);
  const rest = interpret(parts.rest, new Map([...feeds, ...values]));
  const updates = ({ state }: Program): string[] =>
    state.flatMap(({ name, update }) => (update === undefined ? [] : name));
  expect(updates(parts.rest)).toEqual(updates(model.programs[name]));
  const updated = [...whole.state].filter(([key]) => updates(parts.rest).includes(key));
  for (const [key, tensor] of [...whole.outputs, ...updated]) {
    const other = rest.outputs.get(key) ?? rest.state.get(key)!;
    expect(other.shape, key).toEqual(tensor.shape);
    tensor.data.forEach((value, i) =>
      expect(Math.abs(other.data[i]! - value), key).toBeLessThan(1e-9 * (1 + Math.abs(value))),
    );
  }
});

function feedsOf(model: CompiledModel, seed: number, x: Tensor): Map<string, Tensor> {
  const weights = initialWeights(model, seed);
  const feeds = new Map<string, Tensor>([
    ['x', x],
    ['y', tensorOf('int32', [ROWS, 1], [0, 1, 1])],
    ['learningRate', tensorOf('float32', [], [0.01])],
    ['draw', tensorOf('int32', [], [0])],
  ]);
  for (const { name, shape } of model.weights) feeds.set(name, tensorOf('float32', shape, weights.get(name)!));
  for (const { name, dtype, shape, initial } of model.slots) {
    const count = shape.reduce((product, size) => product * size, 1);
    feeds.set(name, tensorOf(dtype, shape, new Array<number>(count).fill(initial)));
  }
  return feeds;
}
