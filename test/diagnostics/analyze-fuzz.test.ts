import { expect, test } from 'vitest';
import { analyze } from '../../src-shared/diagnostics/analyze.ts';
import { compileModel } from '../../src-shared/diagnostics/compile-model.ts';
import type { ModelFeatures } from '../../src-shared/compiler/graph/inputs.ts';
import type { JsonValue, ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import { graphProblemSchema } from '../../src-shared/document/schema/problem.ts';
import { layerCatalog, layers } from '../../src-shared/layers/catalog/catalog.ts';
import { deriveKey, philoxWords } from '../../src-shared/program/random/philox.ts';
import { validateProgram } from '../../src-shared/program/builder/validate.ts';
import { classFeatures, configurationWith, numericFeatures } from '../support/documents.ts';
import { seedsOf } from '../support/portion.ts';
import { numericColumns } from '../support/documents.ts';

/** Draws from a fixed random stream. */
class Dice {
  private readonly words: Uint32Array;
  private next = 0;

  constructor(seed: number) {
    this.words = philoxWords(deriveKey(seed, 'analyze-fuzz'), 0, 4000);
  }

  below(limit: number): number {
    return this.words[this.next++ % this.words.length]! % limit;
  }

  pick<Value>(values: readonly Value[]): Value {
    return values[this.below(values.length)]!;
  }
}

const oddValues: readonly JsonValue[] = [
  ...[0, 1, 2, 3, 10, -1, 1.5, 1e9, true, false, null, '', 'relu', 'softmax', 'same'],
  ...[[], [1], [2, 2], [3, 3, 3], [0, 1], ['x'], ['a', 'c'], ['kind'], ['price', 'rent'], {}, { a: [1] }],
];
const parameterNames = [
  ...new Set(layers.flatMap((layer) => layer.parameters.map((spec) => spec.name))),
  '__proto__',
  'x',
];

const hidden = layers.filter((layer) => layer.kind !== 'Input' && layer.kind !== 'Output');
/** Layers that accept inputs of any shape. */
const undemanding = hidden.filter((layer) => layer.check === undefined);

/** Mostly chains of real layers, mixed with invalid parameters, names, kinds and edges. */
function randomDocument(dice: Dice, odd: number): ModelDocument {
  const isOdd = (): boolean => dice.below(100) < odd;
  const count = dice.below(5);
  const pool = dice.pick([hidden, undemanding]);
  const kinds = ['Input', ...Array.from({ length: count }, () => dice.pick(pool).kind), 'Output'];
  // A head that fits some of the targets, so that many documents compile.
  const head = { units: dice.pick([1, 2, 3, 10]), activation: dice.pick(['softmax', 'linear']) };
  kinds.splice(-1, 0, 'Flatten', 'Dense');
  const nodes = kinds.map((kind, index) => ({
    id: isOdd() ? 'same' : `n${index}`,
    kind: isOdd() ? dice.pick(['Nothing', 'toString', 'Input', 'Output']) : kind,
    name: isOdd() ? dice.pick(['', ' ', 'a/b', 'twin', '__proto__']) : `layer${index}`,
    params: isOdd()
      ? Object.fromEntries([[dice.pick(parameterNames), dice.pick(oddValues)]])
      : index === kinds.length - 2
        ? head
        : ({} as Record<string, JsonValue>),
    position: { x: 0, y: 0 },
    frozen: dice.below(4) === 0,
    ...(isOdd() ? { weightsOf: dice.pick(['n1', 'n2', 'same', 'gone']) } : {}),
  }));
  const edges = nodes.slice(1).map((node, index) => ({
    id: `e${index}`,
    source: isOdd() ? dice.pick([...nodes.map((other) => other.id), 'gone']) : nodes[index]!.id,
    target: isOdd() ? dice.pick([...nodes.map((other) => other.id), 'gone']) : node.id,
    ...(isOdd() ? { targetPort: dice.pick(['query', 'key', 'a', '__proto__']) } : {}),
    ...(isOdd() && isOdd() ? { sourcePort: 'state' } : {}),
  }));
  // Merging layers read the previous layer twice, or an earlier one.
  kinds.forEach((kind, index) => {
    if ((layerCatalog.get(kind)?.inputs.min ?? 0) < 2) return;
    const source = nodes[dice.below(3) === 0 ? dice.below(index) : index - 1]!.id;
    edges.push({ id: `second${index}`, source, target: nodes[index]!.id });
  });
  return { format: 'lamina.model', version: 6, name: 'fuzz', nodes, edges, blocks: [] };
}

const numbers = ['price', 'rent'].map((name) => ({ ...numericFeatures([4]).targets[0]!, name }));
const kind = { ...classFeatures([4], 3).targets[0]!, name: 'kind' };
/** Named columns, targets of every kind, weighted rows. */
const table: ModelFeatures = {
  columns: numericColumns(['a', 'b', 'c', 'd']),
  inputShape: [4],
  targets: [...numbers, kind],
  weight: { name: 'trust' },
};
const features = [
  null,
  classFeatures([4], 3),
  classFeatures([12, 12, 2], 2),
  classFeatures([6, 4], 10),
  numericFeatures([5]),
  table,
];

let compiled = 0;

const seeds = seedsOf('documents', { quick: 41, ci: 120, soak: 2000 });

test.each(seeds)('a random document is analyzed, and compiled if it has no errors (seed %i)', (seed) => {
  const dice = new Dice(seed);
  for (let round = 0; round < 60; round++) {
    const document = randomDocument(dice, dice.pick([0, 0, 5, 30]));
    const given = dice.pick(features);
    const analysis = analyze(document, given);
    for (const problem of analysis.problems) graphProblemSchema.parse(problem);
    if (given === null) continue;
    const outputs = dice.pick([{}, { twin: { lossWeight: 0.5 }, layer3: { classWeights: 'balanced' as const } }]);
    const goals = { loss: dice.pick(['auto', 'meanSquaredError'] as const), outputs };
    const result = compileModel(document, given, configurationWith(goals));
    if (!result.ok) continue;
    compiled++;
    for (const program of [
      result.model.programs.train,
      result.model.programs.evaluate,
      result.model.programs.predict,
    ]) {
      expect(validateProgram(program)).toEqual([]);
    }
  }
});

test('at least some random documents compile', () => {
  expect(compiled).toBeGreaterThan(100);
});
