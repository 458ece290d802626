import { BLOCK, BLOCK_INPUT, BLOCK_OUTPUT } from '../../document/schema/blocks.ts';
import type { ModelDocument, ModelNode } from '../../document/schema/model-document.ts';
import { expandBlocks } from './expand.ts';

/** A layer inside a Block node, nested blocks expanded. */
export interface LayerInside {
  /** Of the expanded model: its id, name and parameter values. */
  readonly node: ModelNode;
  /** Ids of the enclosing Block nodes, the outermost first, and the layer's id in the innermost. */
  readonly path: readonly string[];
  readonly place: string;
}

/** The layers inside each Block node of the model, copies included, by the Block node's id. */
export function layersInside(document: ModelDocument): ReadonlyMap<string, readonly LayerInside[]> {
  const { document: expanded, origins } = expandBlocks(document);
  const found = new Map<string, LayerInside[]>();
  for (const node of expanded.nodes) {
    const origin = origins.get(node.id);
    const drawn = node.kind !== BLOCK && node.kind !== BLOCK_INPUT && node.kind !== BLOCK_OUTPUT;
    if (origin === undefined || !drawn) continue;
    const path: string[] = [];
    for (let copy = origin.copy; ; copy = copy.outer) {
      path.unshift(copy.node.id);
      if (copy.outer === null) break;
    }
    const layers = found.get(path[0]!) ?? [];
    layers.push({ node, path, place: origin.node.id });
    found.set(path[0]!, layers);
  }
  return found;
}
