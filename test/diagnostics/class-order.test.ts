import { expect, test } from 'vitest';
import { analyze } from '../../src-shared/diagnostics/analyze.ts';
import { changeForFix } from '../../src-shared/diagnostics/remedies/fixes.ts';
import { applyChange } from '../../src-shared/document/history/operations.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import type { GraphProblem } from '../../src-shared/document/schema/problem.ts';
import { classFeatures, dense, sequentialDocument } from '../support/documents.ts';
import type { LayerLine } from '../support/documents.ts';

const ARTIFACT = 'a'.repeat(64);

/** A model whose layer 'head' was trained for these classes. */
function model(names: readonly string[], after: readonly LayerLine[] = [], units = names.length): ModelDocument {
  const document = sequentialDocument([dense(4, 'relu'), dense(units, 'linear', { name: 'head' }), ...after]);
  return {
    ...document,
    weights: { artifact: ARTIFACT, label: 'file', classes: [{ layer: 'head', names: [...names] }] },
  };
}

const softmax: LayerLine = { kind: 'Activation', params: { activation: 'softmax' } };

function problemsFor(document: ModelDocument, classes: readonly string[]): readonly GraphProblem[] {
  const features = classFeatures([4], classes.length);
  const targets = features.targets.map((target) => ({ ...target, classes: [...classes] }));
  const { problems } = analyze(document, { ...features, targets } as typeof features);
  return problems.filter(({ code }) => code === 'target/class-order');
}

test('the same classes in another order: both orders are named', () => {
  const [problem, ...others] = problemsFor(model(['ants', 'bees', 'wasps'], [softmax]), ['bees', 'ants', 'wasps']);
  expect(others).toEqual([]);
  expect(problem).toMatchObject({ severity: 'advice', nodeId: 'head' });
  expect(problem!.message).toContain('in another order: file: ants = 0, bees = 1; data: bees = 0, ants = 1.');
});

test('other classes, also where one value is that of the second of two', () => {
  expect(problemsFor(model(['cats', 'dogs'], [softmax]), ['ants', 'bees'])[0]!.message).toContain(
    "other classes than those of 'label': file: cats = 0, dogs = 1; data: ants = 0, bees = 1.",
  );
  const sigmoid: LayerLine = { kind: 'Activation', params: { activation: 'sigmoid' } };
  expect(problemsFor(model(['bees', 'ants'], [sigmoid], 1), ['ants', 'bees'])).toHaveLength(1);
});

test('says nothing of the same classes, whatever their case and separators', () => {
  expect(problemsFor(model(['ants', 'bees'], [softmax]), ['ants', 'bees'])).toEqual([]);
  expect(problemsFor(model(['Hot_Dog ', 'no-dog'], [softmax]), ['hot dog', 'No dog'])).toEqual([]);
});

test('says nothing where the classes are not known, or the head is another layer', () => {
  const { weights, ...seeded } = model(['bees', 'ants'], [softmax]);
  expect(problemsFor(seeded, ['ants', 'bees'])).toEqual([]);
  expect(problemsFor({ ...seeded, weights: { artifact: ARTIFACT, label: weights!.label } }, ['ants', 'bees'])).toEqual(
    [],
  );
  expect(problemsFor(model(['bees', 'ants'], [dense(2, 'softmax')]), ['ants', 'bees'])).toEqual([]);
});

test('another number of classes is a problem of the units alone', () => {
  expect(problemsFor(model(['bees', 'ants', 'wasps'], [softmax]), ['ants', 'bees'])).toEqual([]);
});

test('the remedy gives the head new weights, which are not those of the file', () => {
  const document = model(['bees', 'ants'], [softmax]);
  const [{ fixes }] = problemsFor(document, ['ants', 'bees']) as [GraphProblem];
  expect(fixes.map(({ label }) => label)).toEqual(["Begin 'head' with new weights, as 'head_new'"]);
  const change = changeForFix(document, fixes[0]!, () => 'new')!;
  const changed = applyChange(document, change);
  expect(changed.nodes.map(({ name }) => name)).toContain('head_new');
  expect(problemsFor(changed, ['ants', 'bees'])).toEqual([]);
});

test('no remedy by a click for a frozen head, whose new weights would stay random', () => {
  const document = model(['bees', 'ants'], [softmax]);
  const nodes = document.nodes.map((node) => ({ ...node, frozen: node.name === 'head' }));
  expect(problemsFor({ ...document, nodes }, ['ants', 'bees'])[0]!.fixes).toEqual([]);
});

test('a cycle before the Output ends the search', () => {
  const document = model(['bees', 'ants'], [softmax]);
  const edges = document.edges.map((edge) => (edge.target === 'head' ? { ...edge, source: 'activation_3' } : edge));
  expect(problemsFor({ ...document, edges }, ['ants', 'bees'])).toEqual([]);
});
