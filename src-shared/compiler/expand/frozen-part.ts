import { BLOCK, blockOf } from '../../document/schema/blocks.ts';
import type { ModelDocument, ModelNode } from '../../document/schema/model-document.ts';
import type { NodeAnalysis } from '../graph/compiled.ts';

/**
 * How much of a node the user has frozen. A block counts as frozen also if all of its layers
 * with weights are frozen.
 */
export function frozenPart(
  document: Pick<ModelDocument, 'blocks'>,
  node: ModelNode,
  known: NodeAnalysis | undefined,
): 'all' | 'partly' | 'none' {
  if (node.frozen) return 'all';
  if (node.kind !== BLOCK || !isFrozenInside(document, node)) return 'none';
  return (known?.parameters ?? 0) > 0 && known?.trainableParameters === 0 ? 'all' : 'partly';
}

/** @param seen Enclosing blocks: a damaged document may have a block that contains itself. */
function isFrozenInside(
  document: Pick<ModelDocument, 'blocks'>,
  node: ModelNode,
  seen: ReadonlySet<string> = new Set(),
): boolean {
  if ((node.frozenPaths?.length ?? 0) > 0) return true;
  const block = blockOf(document, node);
  if (block === undefined || seen.has(block.id)) return false;
  const inside = new Set([...seen, block.id]);
  return block.nodes.some((layer) => layer.frozen || isFrozenInside(document, layer, inside));
}
