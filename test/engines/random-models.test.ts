import { beforeAll, describe, expect, test } from 'vitest';
import type { HostTensor } from '../../src-main/engines/interface/engine.ts';
import { Dice } from '../support/dice.ts';
import { edgeDocument, edgeProblems, layerEdges } from '../support/layer-edges.ts';
import { mergePrograms } from '../support/merge-programs.ts';
import { modelCase } from '../support/model-case.ts';
import type { ModelCase } from '../support/model-case.ts';
import { sample, seedsOf } from '../support/portion.ts';
import { innerKinds, randomModel } from '../support/random-model.ts';
import { interpret } from '../../src-shared/program/interpret/interpret.ts';
import type { Tensor } from '../../src-shared/program/interpret/tensor.ts';
import { runProgram } from './onnx-harness.ts';
import { toHost } from './prepared-operations.ts';
import { engineFolder, runGraph } from './tensorflow-harness.ts';

/**
 * Random graphs over the whole catalog on the engines, compared with the float64 reference interpreter, whose gradients
 * another test compares with finite differences: values of every layer, loss, gradients and updated moving statistics.
 * Then valid layers with parameters at their limits. The portion of the tests sets the counts.
 */
const kinds = innerKinds.length;
const seeds = seedsOf('models on engines', { quick: kinds, ci: 3 * kinds, soak: 20 * kinds });
/** Models merged into one graph. */
const PER_GRAPH = 16;

/** Every n-th layer case in `npm test`; a prime, so that it does not align with the variants of a parameter. */
const EVERY = 197;
const taken = layerEdges().filter((edge) => edgeProblems(edge).length === 0);
const edges = sample('layer edges', taken, EVERY, 10);
const edgeCases = edges.map((edge, seed) => {
  // The only index that every Embedding has.
  const wholeBelow = new Map(edge.kind === 'Embedding' ? [['x0', 1]] : []);
  const what = `${edge.kind} ${JSON.stringify(edge.params)} on ${JSON.stringify(edge.inputs)}`;
  return modelCase({ seed, document: edgeDocument(edge), kinds: [what], wholeBelow });
});
const cases = [...seeds.map((seed) => modelCase(randomModel(seed, innerKinds[seed % kinds]!))), ...edgeCases];
const groups = Array.from({ length: Math.ceil(cases.length / PER_GRAPH) }, (_, i) =>
  cases.slice(i * PER_GRAPH, (i + 1) * PER_GRAPH),
);

/** Inputs of one graph of several models. */
function merged(group: readonly ModelCase[]) {
  const program = mergePrograms(group.map((example) => example.program));
  const inputs: Record<string, HostTensor> = {};
  group.forEach(({ program: { inputs: read }, feeds }, i) => {
    for (const { name } of read) inputs[`${i}_${name}`] = toHost(feeds.get(name)!);
  });
  return { program, inputs };
}

/** float32 rounding of sums of numbers up to `scale`, across several layers. */
const TOLERANCE = 1e-4;
/** Values beyond this lose precision in float32, such as exponentials of exponentials. */
const LARGEST = 1e6;

const largest = ({ data }: Tensor): number => data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

function difference(a: Tensor, b: { readonly data: ArrayLike<number> }): number {
  return a.data.reduce((most, value, i) => Math.max(most, Math.abs(value - b.data[i]!)), 0);
}

/** All inputs, each number changed by about one float32 rounding. */
function rounded(feeds: ReadonlyMap<string, Tensor>): Map<string, Tensor> {
  const dice = new Dice(1, 'rounded');
  return new Map(
    [...feeds].map(([name, tensor]) => {
      if (tensor.dtype !== 'float32' || tensor.data.every(Number.isInteger)) return [name, tensor];
      return [name, { ...tensor, data: tensor.data.map((value) => value * (1 + 1e-7 * (2 * dice.unit() - 1))) }];
    }),
  );
}

interface Expected {
  readonly outputs: ReadonlyMap<string, Tensor>;
  /** Results with rounded inputs: where they matter, intermediate roundings matter too. */
  readonly nearby: ReadonlyMap<string, Tensor>;
}

const known = new Map<ModelCase, Expected>();

function expectedOf(example: ModelCase): Expected {
  const { program, feeds } = example;
  const expected = known.get(example) ?? {
    outputs: interpret(program, feeds).outputs,
    nearby: interpret(program, rounded(feeds)).outputs,
  };
  known.set(example, expected);
  return expected;
}

/**
 * Whether the model divides zeros by their length: the gradient there is 10^12 times the one behind it, and what else
 * arrives at the same layer is lost in float32.
 */
function dividesZeros({ model: { document } }: ModelCase, outputs: Expected['outputs']): boolean {
  const normalized = document.nodes.filter(({ kind }) => kind === 'UnitNormalization').map(({ id }) => id);
  return document.edges.some(({ source, target }) => {
    const value = outputs.get(`value_of_${source}`);
    return normalized.includes(target) && value !== undefined && largest(value) === 0;
  });
}

function expectReference(example: ModelCase, index: number, results: Readonly<Record<string, HostTensor>>) {
  const { outputs, nearby } = expectedOf(example);
  const isTame = [...outputs.values()].every((tensor) => largest(tensor) < LARGEST);
  // Gradients that cancel to zero are as precise as the largest gradient of the model.
  const gradients = [...outputs].filter(([name]) => name.startsWith('gradient'));
  const steepest = gradients.reduce((most, [, tensor]) => Math.max(most, largest(tensor)), 0);
  for (const [name, tensor] of outputs) {
    const received = results[`${index}_${name}`]!;
    expect(received.shape, name).toEqual(tensor.shape);
    const scale = Math.max(largest(tensor), name.startsWith('gradient') ? 0.1 * steepest : 0, 0.01);
    if (!isTame || (name.startsWith('gradient') && dividesZeros(example, outputs))) continue;
    const allowed = TOLERANCE * scale + 100 * difference(tensor, nearby.get(name)!);
    expect(difference(tensor, received), name).toBeLessThan(allowed);
  }
}

const titled = cases.map((example, number) => ({
  title: `seed ${example.model.seed}: ${example.model.kinds.join(', ')}`,
  example,
  group: Math.floor(number / PER_GRAPH),
  index: number % PER_GRAPH,
}));

describe('random models in ONNX Runtime equal the reference', () => {
  const results: Readonly<Record<string, HostTensor>>[] = [];
  beforeAll(async () => {
    for (const group of groups) {
      const { program, inputs } = merged(group);
      results.push(await runProgram(program, inputs));
    }
  }, 3_600_000);

  test.each(titled)('$title', ({ example, group, index }) => {
    expectReference(example, index, results[group]!);
  });
});

describe.skipIf(engineFolder === null)('random models in TensorFlow equal the reference', () => {
  const results: Readonly<Record<string, HostTensor>>[] = [];
  beforeAll(async () => {
    for (const group of groups) {
      const { program, inputs } = merged(group);
      results.push(await runGraph(program, inputs));
    }
  }, 3_600_000);

  test.each(titled)('$title', ({ example, group, index }) => {
    expectReference(example, index, results[group]!);
  });
});
