import { expect, it } from 'vitest';
import { neighbourOf, type Way } from '../../src-renderer/features/model/commands/neighbour.ts';
import { connectChain } from '../../src-shared/document/geometry/connect-chain.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import { allowedEnds } from '../../src-shared/layers/catalog/connecting.ts';
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
  const chainOf = (graph: ModelDocument, chosen: readonly string[]) =>
    connectChain(graph, chosen, createId, (ends) => allowedEnds(graph, ends));
  const change = chainOf(loose, all)!;
  const connected = applyAndUndo(loose, change);
  expect(connected.edges.map(({ source, target }) => `${source} ${target}`)).toEqual([
    'input_0 a',
    'a b',
    'b output_3',
  ]);
  expect(chainOf(connected, all)).toBeNull();
  const { nodes } = document;
  const subtract = { ...nodes[2]!, id: 'sub', name: 'sub', kind: 'Subtract', position: { x: 0, y: 500 } };
  const graph = { ...connected, nodes: [...nodes, subtract] };
  const one = applyAndUndo(graph, chainOf(graph, ['a', 'sub'])!);
  const two = applyAndUndo(one, chainOf(one, ['b', 'sub'])!);
  expect(two.edges.slice(-2)).toMatchObject([
    { source: 'a', target: 'sub', targetPort: 'a' },
    { source: 'b', target: 'sub', targetPort: 'b' },
  ]);
  expect(chainOf(two, ['input_0', 'sub'])).toBeNull();
});
