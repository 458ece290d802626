import { INPUT, OUTPUT } from '../document/schema/ends.ts';
import type { ModelDocument, ModelEdge, ModelNode } from '../document/schema/model-document.ts';
import { INPUT_NAMES } from '../layers/parameters/layer-formula.ts';
import { isPlaceholder } from '../layers/kinds/core/formula.ts';
import type { Shape } from '../program/language/types.ts';

/**
 * A document of which shapes and weights of all layers are known, though Formula layers that stand for code have no formula
 * yet: such a layer becomes an Input of the shape that the file knows, and what leads to it leads to an Output. Without a
 * known shape, or where it shares its formula, it is taken to keep the shape of its inputs.
 *
 * @param shapes Of outputs in the file, by node, with the batch axis.
 */
export function withStandIns(document: ModelDocument, shapes: ReadonlyMap<string, Shape>): ModelDocument {
  const kept = (nodes: readonly ModelNode[], edges: readonly ModelEdge[]): ModelNode[] =>
    nodes.map((node) => (isPlaceholder(node) ? { ...node, params: { formula: sumOf(node, edges) } } : node));
  const blocks = document.blocks.map((block) => ({ ...block, nodes: kept(block.nodes, block.edges) }));
  const shared = new Set(document.nodes.map(({ weightsOf }) => weightsOf));
  const sizes = new Map<string, number[]>();
  for (const node of document.nodes) {
    const shape = isPlaceholder(node) && !shared.has(node.id) ? shapes.get(node.id)?.slice(1) : undefined;
    if (shape?.every((size) => size !== null) === true) sizes.set(node.id, shape);
  }
  const inputs = new Set(document.nodes.filter(({ kind }) => kind === INPUT).map(({ id }) => id));
  const ends: ModelNode[] = [];
  const edges = document.edges.flatMap((edge): ModelEdge[] => {
    if (!sizes.has(edge.target)) return [edge];
    if (inputs.has(edge.source) || sizes.has(edge.source)) return [];
    const id = `end of ${edge.id}`;
    ends.push({
      id,
      kind: OUTPUT,
      name: `stand-in_${ends.length}`,
      params: {},
      position: { x: 0, y: 0 },
      frozen: false,
    });
    const { targetPort: _, ...rest } = edge;
    return [{ ...rest, target: id }];
  });
  const nodes = kept(document.nodes, document.edges).map((node) => {
    const shape = sizes.get(node.id);
    return shape === undefined ? node : { ...node, kind: INPUT, params: { shape } };
  });
  return { ...document, nodes: [...nodes, ...ends], edges, blocks };
}

/** 'a + b' for two inputs. */
function sumOf({ id }: ModelNode, edges: readonly ModelEdge[]): string {
  const count = Math.max(1, edges.filter(({ target }) => target === id).length);
  return INPUT_NAMES.slice(0, count).join(' + ');
}
