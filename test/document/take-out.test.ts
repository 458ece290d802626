import { expect, it } from 'vitest';
import { deleteAndJoin, joinRefusal } from '../../src-shared/document/edits/take-out.ts';
import { graphOf } from '../support/graphs.ts';
import { MODEL_FORMAT, MODEL_VERSION, type ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import { applyAndUndo } from '../support/apply-and-undo.ts';

const documentOf = (...chains: readonly string[]): ModelDocument => {
  const graph = graphOf(...chains);
  return { format: MODEL_FORMAT, version: MODEL_VERSION, name: 'test', ...graph, blocks: [] };
};

function joined(document: ModelDocument, ...ids: readonly string[]) {
  const change = deleteAndJoin(document, ids)!;
  const after = applyAndUndo(document, change);
  return { label: change.label, edges: after.edges.map(({ source, target }) => `${source} ${target}`) };
}

it('deleteAndJoin connects the inputs of deleted layers with all their readers', () => {
  const document = documentOf('a b c d', 'c e');
  expect(joined(document, 'c')).toEqual({ label: "Delete 'c' and join", edges: ['a b', 'b d', 'b e'] });
  expect(joined(document, 'c', 'b')).toEqual({ label: 'Delete 2 layers and join', edges: ['a d', 'a e'] });
});

it('deleteAndJoin keeps every input of a reader and creates no self-loops', () => {
  expect(joined(documentOf('a b c', 'a c'), 'b').edges).toEqual(['a c', 'a c']);
  expect(joined(documentOf('a b a'), 'b').edges).toEqual([]);
});

it('joinRefusal gives the layer that prevents joining', () => {
  const document = documentOf('a b d', 'a c d');
  expect(joinRefusal(document, ['b', 'c'])).toBeNull();
  expect([['b', 'd'], ['a']].map((ids) => joinRefusal(document, ids))).toMatchInlineSnapshot(`
    [
      "Expected one input of 'd'; received 2.",
      "Expected one input of 'a'; received none.",
    ]
  `);
});
