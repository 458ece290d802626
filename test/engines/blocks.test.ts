import { beforeAll, describe, expect, test } from 'vitest';
import type { Engine, HostTensor } from '../../src-main/engines/interface/engine.ts';
import { findTensorFlow } from '../../src-main/engine-setup/cache.ts';
import { loadOnnxEngine } from '../../src-main/engines/onnx/engine.ts';
import { loadTensorFlowEngine } from '../../src-main/engines/tensorflow/engine.ts';
import type { CompiledModel } from '../../src-shared/compiler/graph/compiled.ts';
import { compileModel } from '../../src-shared/diagnostics/compile-model.ts';
import { initialWeights } from '../../src-shared/compiler/forward/initial-weights.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import { uniform } from '../../src-shared/program/random/philox.ts';
import { chainBlock, chainModel, layer, use } from '../support/block-documents.ts';
import { classFeatures, configurationWith, dense, sequentialDocument, type LayerLine } from '../support/documents.ts';
import { sessionData } from '../support/session-data.ts';
import { predict, trainSteps } from '../../src-main/engines/interface/model-calls.ts';

/** Blocks train like the flattened network and keep frozen layers at any depth. */

const ROWS = 12;
const STEPS = 5;
const folder = findTensorFlow()?.folder ?? null;
const optimizer = { kind: 'adam', learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 } as const;
const head = layer('Dense', 'classes', { units: 3, activation: 'softmax' });

const unit = chainBlock(
  'unit',
  [
    layer('Dense', 'dense', { units: { parameter: 'units' }, activation: 'tanh' }),
    layer('BatchNormalization', 'norm', { momentum: 0.8 }),
  ],
  [{ name: 'units', default: 4 }],
);
const pair = chainBlock(
  'pair',
  [use('unit', 'first', { units: 6 }), use('unit', 'second', { units: { parameter: 'units' } })],
  unit.parameters,
);

function compile(document: ModelDocument): CompiledModel {
  const result = compileModel(document, classFeatures([6], 3), configurationWith({ seed: 9, optimizer }));
  if (!result.ok) throw new Error(result.problems.map(({ message }) => message).join('\n'));
  return result.model;
}

/** The layers of `unit` repeated, with weights named as in the block except for slashes. */
function drawn(copies: number, units: number): ModelDocument {
  const lines = Array.from({ length: copies }, (_, copy): LayerLine[] => [
    dense(units, 'tanh', { name: `dense_${copy}` }),
    { kind: 'BatchNormalization', params: { momentum: 0.8 }, name: `norm_${copy}` },
  ]);
  return sequentialDocument([...lines.flat(), dense(3, 'softmax', { name: 'classes' })]);
}

interface Trained {
  readonly first: readonly Float32Array[];
  readonly last: readonly Float32Array[];
  readonly reports: readonly number[];
  readonly predictions: Float32Array;
}

/** Trains some steps from these weights, given in the order of the model's weights. */
async function train(engine: Engine, model: CompiledModel, first: readonly Float32Array[]): Promise<Trained> {
  const session = await engine.createSession(model, { intraOpThreads: 1, stepsPerCall: [1] });
  try {
    const state = new Map<string, HostTensor>();
    model.weights.forEach(({ name, shape }, i) => state.set(name, { dtype: 'float32', shape, data: first[i]! }));
    for (const { name, dtype, shape, initial } of model.slots) {
      const count = shape.reduce((product, size) => product * size, 1);
      if (dtype === 'int32') state.set(name, { dtype, shape, data: new Int32Array(count).fill(initial) });
      else state.set(name, { dtype, shape, data: new Float32Array(count).fill(initial) });
    }
    await session.writeState(state);
    const x: HostTensor = { dtype: 'float32', shape: [ROWS, 6], data: Float32Array.from(uniform([3, 3], 0, ROWS * 6)) };
    const y = Int32Array.from({ length: ROWS }, (_, row) => row % 3);
    await session.loadData(sessionData({ train: { x, y: { dtype: 'int32', shape: [ROWS, 1], data: y } } }));
    const indices = Int32Array.from({ length: ROWS }, (_, row) => row);
    const reports: number[] = [];
    for (let step = 0; step < STEPS; step++) {
      const learningRates = Float32Array.of(0.01);
      const request = { split: 'train', indices, steps: 1, learningRates } as const;
      reports.push(...(await trainSteps(session, request)));
    }
    const after = await session.readState(model.weights.map(({ name }) => name));
    const predicted = await predict(session, { x });
    return {
      first,
      last: model.weights.map(({ name }) => after.get(name)!.data as Float32Array),
      reports,
      predictions: (Array.isArray(predicted) ? predicted[0] : predicted).data as Float32Array,
    };
  } finally {
    await session.dispose();
  }
}

const firstOf = (model: CompiledModel): Float32Array[] => [...initialWeights(model, 9).values()];

function blocks(load: () => Promise<Engine>): void {
  let engine: Engine;
  beforeAll(async () => {
    engine = await load();
  });

  test('a stack of 20 copies trains bit for bit like the flattened network', async () => {
    const block = compile(chainModel([use('unit', 'stack', { repeat: 20, units: 5 }), head], [unit]));
    const plain = compile(drawn(20, 5));
    expect(block.weights).toHaveLength(20 * 6 + 2);
    const weights = firstOf(block);
    const [one, other] = [await train(engine, block, weights), await train(engine, plain, weights)];
    expect(one.reports).toEqual(other.reports);
    expect(one.predictions).toEqual(other.predictions);
    expect(one.last).toEqual(other.last);
    expect(one.last.every((data, i) => data.some((value, at) => value !== weights[i]![at]))).toBe(true);
  });

  test('frozen layers at any depth keep their weights, all others change', async () => {
    const paths = [[[1, 1]], [[2, 2], 'first'], [[3, 3], 'second', [2, 2], 'norm'], [[4, 4], 'second', 'dense']];
    const stack = use('pair', 'stack', { repeat: 4 }, { frozenPaths: paths as [] });
    const inner = {
      ...pair,
      nodes: pair.nodes.map((node) =>
        node.name === 'second' ? { ...node, params: { ...node.params, repeat: 2 } } : node,
      ),
    };
    const model = compile(chainModel([stack, head], [inner, unit]));
    const kept = (name: string): boolean =>
      /^stack\/(first|second)/.test(name) ||
      /^stack\/2\/first/.test(name) ||
      /^stack\/3\/second\/2\/norm/.test(name) ||
      /^stack\/4\/second\/(2\/)?dense/.test(name);
    const { first, last } = await train(engine, model, firstOf(model));
    const moved = model.weights.filter((_, i) => last[i]!.some((value, at) => value !== first[i]![at]));
    expect(moved.map(({ name }) => name)).toEqual(model.weights.map(({ name }) => name).filter((name) => !kept(name)));
    expect(model.weights.filter(({ name }) => kept(name) && /moving/.test(name)).length).toBeGreaterThan(4);
  });
}

describe('blocks on onnx', () => blocks(() => loadOnnxEngine('cpu')));

describe.skipIf(folder === null)('blocks on tensorflow', () => blocks(() => loadTensorFlowEngine(folder!, 1)));
