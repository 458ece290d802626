import { expect, test } from 'vitest';
import { canvasGraph } from '../../src-renderer/features/model/nodes/canvas-nodes.ts';
import { silhouetteOf } from '../../src-renderer/features/model/nodes/silhouette.ts';
import { dense, sequentialDocument } from '../support/documents.ts';

const document = sequentialDocument([dense(8, 'relu', { name: 'first' }), dense(3, 'softmax', { name: 'second' })]);
const context = { nodeOf: () => undefined, valueOf: () => undefined, badgesOf: () => [] };

test('silhouetteOf merges cards and connections into few paths, with separate ones for frozen, failing and selected cards', () => {
  const nodes = document.nodes.map((node) => ({ ...node, frozen: node.name === 'first' }));
  const second = nodes.find(({ name }) => name === 'second')!;
  const problems = new Map([[second.id, [{ severity: 'error' } as never]]]);
  const graph = canvasGraph(
    { ...document, nodes },
    context,
    problems,
    { nodes: new Set([second.id]), edges: new Set() },
    {
      nodes: [],
      edges: [],
      routing: null,
    },
  );
  const { edges, strips, failing, selected } = silhouetteOf(graph.nodes, graph.edges);
  const count = (path: string, letter: string) => path.split(letter).length - 1;
  expect(count(edges.join(''), 'M')).toBe(document.edges.length);
  expect(strips.map(({ path }) => count(path, 'M')).reduce((a, b) => a + b)).toBe(document.nodes.length);
  expect(strips.find(({ fill }) => fill === 'var(--ice-line)')?.path).toContain('M');
  expect(failing).toContain(`M${second.position.x} ${second.position.y}h`);
  expect(count(failing, 'M')).toBe(1);
  expect(selected).toBe(failing);
});
