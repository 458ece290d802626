import { BLOCK_INPUT, BLOCK_OUTPUT } from '../../document/schema/blocks.ts';
import type { ModelDocument, ModelEdge, ModelNode } from '../../document/schema/model-document.ts';
import { uniqueName } from '../../document/schema/names.ts';
import { withSource, type EdgeSource } from '../../document/schema/ports.ts';
import { expandBlocks } from './expand.ts';

/**
 * Replaces blocks by their layers, for formats without blocks. Names have '_' instead of '/',
 * which Keras does not accept: 'stack_2_dense'.
 *
 * @param document Block nodes that cannot be expanded stay unchanged.
 */
export function flattenBlocks(document: ModelDocument): ModelDocument {
  const { document: expanded, origins } = expandBlocks(document);
  if (origins.size === 0) return expanded;
  const isEnd = ({ id, kind }: ModelNode): boolean =>
    (kind === BLOCK_INPUT || kind === BLOCK_OUTPUT) && origins.has(id);
  const ends = new Set(expanded.nodes.filter(isEnd).map(({ id }) => id));
  const sources = new Map(expanded.edges.filter(({ target }) => ends.has(target)).map((edge) => [edge.target, edge]));
  const edges = expanded.edges.flatMap((edge): ModelEdge[] => {
    if (ends.has(edge.target)) return [];
    const source = sourceBeyond(edge, ends, sources);
    return source === null ? [] : [withSource(edge, source)];
  });
  const taken = new Set(expanded.nodes.filter(({ id }) => !origins.has(id)).map(({ name }) => name));
  const nodes = expanded.nodes.flatMap((node): ModelNode[] => {
    if (ends.has(node.id)) return [];
    if (!origins.has(node.id)) return [node];
    const name = uniqueName(node.name.replaceAll('/', '_'), taken);
    taken.add(name);
    return [{ ...node, name }];
  });
  return { ...expanded, nodes, edges, blocks: [] };
}

/** The output that passes through BlockInputs and BlockOutputs to the edge; null if there is none, or a cycle. */
function sourceBeyond(
  edge: ModelEdge,
  ends: ReadonlySet<string>,
  sources: ReadonlyMap<string, ModelEdge>,
): EdgeSource | null {
  const passed = new Set<string>();
  let at = edge;
  while (ends.has(at.source)) {
    const before = sources.get(at.source);
    if (before === undefined || passed.has(at.source)) return null;
    passed.add(at.source);
    at = before;
  }
  return at;
}
