import { expect, test } from 'vitest';
import type { ModelDocument, ModelNode } from '../../src-shared/document/schema/model-document.ts';
import { replaceContent } from '../../src-shared/document/history/replace-content.ts';
import { applyAndUndo } from '../support/apply-and-undo.ts';

const node = (id: string, rest: Partial<ModelNode> = {}): ModelNode => ({
  id,
  kind: 'Dense',
  name: id,
  params: {},
  position: { x: 0, y: 0 },
  frozen: false,
  ...rest,
});

const first: ModelDocument = {
  format: 'lamina.model',
  version: 6,
  name: 'first',
  nodes: [node('a', { group: 'g' }), node('b', { group: 'g' })],
  edges: [{ id: 'e', source: 'a', target: 'b' }],
  blocks: [{ id: 'k', name: 'k', parameters: [], nodes: [node('x')], edges: [] }],
  notes: [{ id: 'n', text: 'why', position: { x: 1, y: 2 }, size: { width: 200, height: 80 } }],
  groups: [{ id: 'g', name: 'both', collapsed: false }],
};

const second: ModelDocument = {
  ...first,
  name: 'second',
  nodes: [node('a'), node('c', { kind: 'Block', params: { block: 'l' } })],
  edges: [{ id: 'e', source: 'c', target: 'a' }],
  blocks: [{ id: 'l', name: 'l', parameters: [], nodes: [], edges: [] }],
  notes: [],
  groups: [],
  weights: { artifact: 'a'.repeat(64), label: 'run 1, last weights, epoch 2' },
};

test.each([
  ['from notes, groups and blocks to none, with weights', first, second],
  ['from none to notes, groups and blocks, without weights', second, first],
  ['with equal content', first, first],
])('replaceContent, %s; undo restores the document', (_, before, after) => {
  const plain = (value: ModelDocument) => ({ ...value, notes: value.notes ?? [], groups: value.groups ?? [] });
  expect(plain(applyAndUndo(before, replaceContent(before, after, 'Open')))).toEqual(plain(after));
});
