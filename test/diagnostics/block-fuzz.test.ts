import { expect, test } from 'vitest';
import { analyze } from '../../src-shared/diagnostics/analyze.ts';
import { flattenBlocks } from '../../src-shared/compiler/expand/flatten.ts';
import { compileModel } from '../../src-shared/diagnostics/compile-model.ts';
import { changeForFix } from '../../src-shared/diagnostics/remedies/fixes.ts';
import type {
  InsidePath,
  JsonValue,
  ModelDocument,
  ModelNode,
} from '../../src-shared/document/schema/model-document.ts';
import { applyChange, type ModelGraphParts } from '../../src-shared/document/history/operations.ts';
import { parseModelDocument } from '../../src-shared/document/reading/parse.ts';
import { graphProblemSchema } from '../../src-shared/document/schema/problem.ts';
import { validateProgram } from '../../src-shared/program/builder/validate.ts';
import { countingIds, createRandom, randomEdit } from '../document/random-edits.ts';
import { chainBlock, chainModel, layer, use } from '../support/block-documents.ts';
import { classFeatures, configurationWith } from '../support/documents.ts';
import { seedsOf } from '../support/portion.ts';
import { applyAndUndo } from '../support/apply-and-undo.ts';

/** A valid model with nested blocks, the start of random edits. */
const inner = chainBlock('inner', [layer('Dense', 'fc', { units: { parameter: 'n' } })], [{ name: 'n', default: 4 }]);
const outer = chainBlock(
  'outer',
  [
    use('inner', 'one', { repeat: 2 }),
    layer('BatchNormalization', 'norm'),
    use('inner', 'two', { n: { parameter: 'width' } }),
  ],
  [{ name: 'width', default: 3 }],
);
const head = layer('Dense', 'classes', { units: 3, activation: 'softmax' });
const sound = chainModel(
  [use('outer', 'a', { repeat: 2 }), layer('Dense', 'between'), use('inner', 'b'), head],
  [outer, inner],
);
const features = classFeatures([4], 3);

let compiled = 0;
let fixed = 0;

test.each(seedsOf('blocks', { quick: 9, ci: 40, soak: 400 }))(
  'randomly edited blocks are analyzed, fixed and compiled (seed %i)',
  (seed) => {
    const random = createRandom(seed);
    const createId = countingIds();
    let document: ModelDocument = sound;
    for (let edit = 0; edit < 60; edit++) {
      const change = randomEdit(document, random, createId);
      if (change !== null) document = applyChange(document, change);
      const { problems, nodes } = analyze(document, edit % 7 === 0 ? null : features);
      const own = new Set(document.nodes.map(({ id }) => id));
      for (const problem of problems) {
        graphProblemSchema.parse(problem);
        expect(problem.nodeId === null || own.has(problem.nodeId), problem.message).toBe(true);
      }
      for (const id of nodes.keys()) expect(own.has(id)).toBe(true);
      const problem = problems[Math.floor(random() * problems.length)];
      for (const fix of problem?.fixes ?? []) {
        const remedy = changeForFix(document, fix, createId);
        if (remedy === null) continue;
        const after = applyAndUndo(document, remedy);
        fixed++;
        // Half of the fixes are applied, so that some models compile.
        if (random() < 0.5) document = after;
        break;
      }
      flattenBlocks(document);
      const result = compileModel(document, features, configurationWith({}));
      if (!result.ok) continue;
      compiled++;
      expect(validateProgram(result.model.programs.train)).toEqual([]);
      const names = result.model.weights.map(({ name }) => name);
      expect(new Set(names).size).toBe(names.length);
    }
  },
);

const odd: readonly JsonValue[] = [
  ...[0, 1, 2, -1, 1.5, 1e9, true, null, '', 'inner', 'outer', 'gone', 'n'],
  ...[[], [1, 2], {}, { parameter: 'n' }, { parameter: 'gone' }, { parameter: 3 }, { name: { parameter: 'n' } }],
];

/** A document that no editor writes: invalid values, missing or duplicate block ends, edges to missing nodes. */
function damaged(document: ModelDocument, random: () => number): ModelDocument {
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)]!;
  const node = (known: ModelNode): ModelNode => {
    const draw = random();
    if (draw < 0.15)
      return {
        ...known,
        params: { ...known.params, [pick(['block', 'repeat', 'n', 'units', '__proto__'])]: pick(odd) },
      };
    if (draw < 0.2)
      return { ...known, kind: pick(['Block', 'BlockInput', 'BlockOutput', 'Input', 'Output', 'Nothing']) };
    if (draw < 0.25) return { ...known, name: pick(['', '2', 'a/b', 'fc', 'one']) };
    if (draw < 0.3) return { ...known, id: pick(['in', 'out', 'a/1/norm', 'one']) };
    if (draw < 0.33) return { ...known, weightsOf: pick(['one', 'two', 'fc', 'a', 'b', 'gone']) };
    if (draw < 0.38)
      return { ...known, frozenPaths: pick([[['gone']], [[[1, 2]]], [[[2, 1], 'norm']], [[]]]) as InsidePath[] };
    return known;
  };
  const graph = <Graph extends ModelGraphParts>(known: Graph): Graph => ({
    ...known,
    nodes: known.nodes.filter(() => random() < 0.95).map(node),
    edges: known.edges
      .filter(() => random() < 0.95)
      .map((edge) => (random() < 0.1 ? { ...edge, target: pick(known.nodes).id } : edge)),
  });
  const blocks = document.blocks.map((block) => ({
    ...graph(block),
    parameters: block.parameters.map((parameter) =>
      random() < 0.2 ? { name: pick(['n', '', 'repeat', 'x']), default: pick(odd) } : parameter,
    ),
  }));
  return { ...graph(document), blocks: random() < 0.1 ? [...blocks, ...blocks] : blocks };
}

test.each(seedsOf('damaged blocks', { quick: 5, ci: 20, soak: 200 }))(
  'damaged blocks give problems and never throw (seed %i)',
  (seed) => {
    const random = createRandom(seed);
    for (let round = 0; round < 150; round++) {
      const document = damaged(sound, random);
      for (const problem of analyze(document, features).problems) graphProblemSchema.parse(problem);
      flattenBlocks(document);
      compileModel(document, features, configurationWith({}));
      const reread = parseModelDocument(JSON.parse(JSON.stringify(document))).document;
      expect(parseModelDocument(JSON.parse(JSON.stringify(reread))).warnings).toEqual([]);
      for (const problem of analyze(reread, features).problems) {
        for (const fix of problem.fixes) {
          const remedy = changeForFix(reread, fix, countingIds());
          if (remedy !== null) applyChange(reread, remedy);
        }
      }
    }
  },
);

test('at least some random blocks are compiled and fixed', () => {
  expect(compiled).toBeGreaterThan(20);
  expect(fixed).toBeGreaterThan(100);
});
