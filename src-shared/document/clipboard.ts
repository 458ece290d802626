import { z } from 'zod';
import { modelEdgeSchema, modelNodeSchema, type ModelDocument, type ModelNode } from './model-document.ts';
import { namesOf, type CreateId, type Position } from './edits.ts';
import { uniqueName } from './names.ts';
import type { Change, Operation } from './operations.ts';

/** Layers on the clipboard: plain JSON text, so that they can be pasted into another window, or a mail. */
const fragmentSchema = z.object({
  format: z.literal('lamina.fragment'),
  nodes: z.array(modelNodeSchema).min(1),
  edges: z.array(modelEdgeSchema),
});
export type Fragment = z.infer<typeof fragmentSchema>;

/** The nodes and the edges between them; null where none is chosen. */
export function copyNodes(document: ModelDocument, nodeIds: readonly string[]): Fragment | null {
  const wanted = new Set(nodeIds);
  const nodes = document.nodes.filter((node) => wanted.has(node.id));
  if (nodes.length === 0) return null;
  const edges = document.edges.filter((edge) => wanted.has(edge.source) && wanted.has(edge.target));
  return { format: 'lamina.fragment', nodes, edges };
}

/** @returns Null where the text is something else. */
export function parseFragment(text: string): Fragment | null {
  if (!text.includes('lamina.fragment')) return null;
  try {
    return fragmentSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/**
 * Pastes copies with new ids and free names, moved by `offset`.
 * @returns The change and the new nodes' ids, to select them.
 */
export function paste(
  document: ModelDocument,
  fragment: Fragment,
  offset: Position,
  createId: CreateId,
  verb: 'Paste' | 'Duplicate' = 'Paste',
): { change: Change; nodeIds: string[] } {
  const names = namesOf(document);
  const ids = new Map<string, string>();
  const nodes = fragment.nodes.map((node): ModelNode => {
    const id = createId();
    ids.set(node.id, id);
    const name = uniqueName(node.name, names);
    names.add(name);
    return { ...node, id, name, position: { x: node.position.x + offset.x, y: node.position.y + offset.y } };
  });
  const operations: Operation[] = nodes.map((node, i) => ({
    kind: 'insertNode',
    index: document.nodes.length + i,
    node,
  }));
  let edgeIndex = document.edges.length;
  for (const edge of fragment.edges) {
    const source = ids.get(edge.source);
    const target = ids.get(edge.target);
    if (source === undefined || target === undefined) continue;
    operations.push({ kind: 'insertEdge', index: edgeIndex, edge: { id: createId(), source, target } });
    edgeIndex += 1;
  }
  const label = nodes.length === 1 ? `${verb} '${fragment.nodes[0]!.name}'` : `${verb} ${nodes.length} layers`;
  return { change: { label, operations }, nodeIds: nodes.map((node) => node.id) };
}
