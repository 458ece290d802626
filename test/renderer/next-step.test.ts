import { expect, test } from 'vitest';
import { nextStepOf } from '../../src-renderer/state/next-step.ts';
import { analyze } from '../../src-shared/diagnostics/analyze.ts';
import type { ModelFeatures } from '../../src-shared/compiler/graph/inputs.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import { emptyModel } from '../../src-main/core/projects/documents/document-kinds.ts';
import { classFeatures, dense, sequentialDocument } from '../support/documents.ts';

const whole = sequentialDocument([dense(8, 'relu'), dense(3, 'softmax')]);
const started: [string, ModelDocument][] = [
  ['a new project', emptyModel('new')],
  ['an empty canvas', { ...whole, nodes: [], edges: [] }],
  ['only an Input', { ...whole, nodes: whole.nodes.slice(0, 1), edges: [] }],
  ['unconnected layers', { ...whole, edges: [] }],
];
const complete: [string, ModelDocument][] = [
  ['a whole model', whole],
  ['a chain without its Output', { ...whole, nodes: whole.nodes.slice(0, -1), edges: whole.edges.slice(0, -1) }],
  [
    'a layer of unknown kind',
    { ...whole, nodes: [...whole.nodes, { ...whole.nodes[1]!, id: 'x', name: 'x', kind: 'X' }], edges: [] },
  ],
];

const stepOf = (document: ModelDocument, features: ModelFeatures | null = classFeatures([4], 3)): string | null =>
  nextStepOf(
    document,
    analyze(document, features).problems.filter(({ severity }) => severity === 'error'),
  );

test.each(started)('next step for %s', (_, document) => expect(stepOf(document)).toMatch(/^[A-Z][^.]+$/));
test.each(complete)('no next step for %s, whose errors are mistakes', (_, document) => {
  expect(stepOf(document)).toBeNull();
});
test('next step for an Input connected to an Output without data', () => {
  expect(stepOf(sequentialDocument([]), null)).toMatch(/between/);
});
