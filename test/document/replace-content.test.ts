import { expect, test } from 'vitest';
import { applyChange } from '../../src-shared/document/history/operations.ts';
import type { ModelDocument, ModelNode } from '../../src-shared/document/schema/model-document.ts';
import { changeTo, replaceContent } from '../../src-shared/document/history/replace-content.ts';

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
  version: 4,
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
};

test.each([
  ['with notes, groups and blocks by one without', first, second],
  ['and the other way round', second, first],
  ['by itself', first, first],
])('content %s; undo gives the very same document', (_, before, after) => {
  const { document, inverse } = applyChange(before, replaceContent(before, after, 'Open'));
  const plain = (value: ModelDocument) => ({ ...value, notes: value.notes ?? [], groups: value.groups ?? [] });
  expect(plain(document)).toEqual(plain(after));
  expect(plain(applyChange(document, inverse).document)).toEqual(plain(before));
});

test.each([
  ['with other parts', first, second],
  ['with the same parts in another order', first, { ...first, nodes: first.nodes.toReversed() }],
  [
    'with the same parts in another state',
    first,
    {
      ...first,
      name: 'renamed',
      nodes: first.nodes.map((one) => (one.id === 'b' ? { ...one, frozen: true } : one)),
      edges: [{ id: 'e', source: 'b', target: 'a' }],
      notes: [{ ...first.notes![0]!, text: 'because' }],
      groups: [{ ...first.groups![0]!, collapsed: true }],
      blocks: [{ ...first.blocks[0]!, name: 'l' }],
    },
  ],
])('a change leads to the model %s, and back', (_, from, to) => {
  const { document, inverse } = applyChange(from, changeTo(from, to, 'Take over')!);
  const { notes, groups, ...rest } = to;
  expect(document).toEqual({ ...rest, ...(notes?.length ? { notes } : {}), ...(groups?.length ? { groups } : {}) });
  expect(applyChange(document, inverse).document).toEqual(from);
});

test('a change between equal models is none, and one of a single layer keeps the others as they are', () => {
  expect(changeTo(first, structuredClone(first), 'Take over')).toBeNull();
  const next = structuredClone(first);
  const moved = { ...next, nodes: next.nodes.map((one) => (one.id === 'a' ? { ...one, params: { units: 7 } } : one)) };
  const { document } = applyChange(first, changeTo(first, moved, 'Take over')!);
  expect(document.nodes[1]).toBe(first.nodes[1]);
});
