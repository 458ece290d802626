import { expect, it } from 'vitest';
import { neighbourOf, type Way } from '../../src-renderer/features/model/commands/neighbour.ts';
import { connectChain } from '../../src-shared/document/geometry/connect-chain.ts';
import { dense, sequentialDocument } from '../support/documents.ts';
import { applyAndUndo } from '../support/apply-and-undo.ts';

const document = sequentialDocument([dense(4, 'relu', { name: 'a' }), dense(2, 'linear', { name: 'b' })]);

it.each<[string | null, Way, string | null]>([
  [null, 'next', 'input_0'],
  ['gone', 'previous', 'input_0'],
  ['a', 'next', 'b'],
  ['a', 'previous', 'input_0'],
  ['input_0', 'previous', null],
  ['output_3', 'next', null],
  ['output_3', 'beside', 'input_0'],
])('from %s, %s leads to %s', (from, way, to) => {
  expect(neighbourOf(document, from, way)).toBe(to);
});

it('connectChain connects the selected layers from top to bottom in one change, without duplicates', () => {
  let ids = 0;
  const createId = () => `edge${ids++}`;
  const loose = { ...document, edges: document.edges.slice(0, 1) };
  const all = document.nodes.map(({ id }) => id).toReversed();
  const change = connectChain(loose, all, createId)!;
  const connected = applyAndUndo(loose, change);
  expect(connected.edges.map(({ source, target }) => `${source} ${target}`)).toEqual([
    'input_0 a',
    'a b',
    'b output_3',
  ]);
  expect(connectChain(connected, all, createId)).toBeNull();
});
