import { z } from 'zod';
import { BLOCK, blocksOf } from './blocks.ts';
import {
  modelBlockSchema,
  modelEdgeSchema,
  modelNodeSchema,
  type ModelBlock,
  type ModelDocument,
  type ModelNode,
} from './model-document.ts';
import { namesOf, type CreateId, type Position } from './edits.ts';
import { uniqueName } from './names.ts';
import type { Change, Operation } from './operations.ts';

/** Layers on the clipboard: plain JSON text, so that they can be pasted into another window, or a mail. */
const fragmentSchema = z.object({
  format: z.literal('lamina.fragment'),
  nodes: z.array(modelNodeSchema).min(1),
  edges: z.array(modelEdgeSchema),
  /** The blocks that the nodes use. */
  blocks: z.array(modelBlockSchema).default([]),
});
export type Fragment = z.infer<typeof fragmentSchema>;

/** The nodes, the edges between them and the blocks they use; null where none is chosen. */
export function copyNodes(document: ModelDocument, nodeIds: readonly string[]): Fragment | null {
  const wanted = new Set(nodeIds);
  const nodes = document.nodes.filter((node) => wanted.has(node.id));
  if (nodes.length === 0) return null;
  const edges = document.edges.filter((edge) => wanted.has(edge.source) && wanted.has(edge.target));
  return { format: 'lamina.fragment', nodes, edges, blocks: blocksOf(document, nodes) };
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
  const { blocks, idOf } = takeOver(document, fragment.blocks, createId);
  const ids = new Map<string, string>();
  const nodes = fragment.nodes.map((node): ModelNode => {
    const id = createId();
    ids.set(node.id, id);
    const name = uniqueName(node.name, names);
    names.add(name);
    return {
      ...usingBlocks(node, idOf),
      id,
      name,
      position: { x: node.position.x + offset.x, y: node.position.y + offset.y },
    };
  });
  const operations: Operation[] = [
    ...blocks.map((block, i): Operation => ({ kind: 'insertBlock', index: document.blocks.length + i, block })),
    ...nodes.map((node, i): Operation => ({ kind: 'insertNode', index: document.nodes.length + i, node })),
  ];
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

/**
 * Blocks of a fragment that the document does not have yet. One that it has, under whatever id,
 * is used as it is; one whose id means another block there gets a new id and a free name.
 */
function takeOver(
  document: ModelDocument,
  blocks: readonly ModelBlock[],
  createId: CreateId,
): { blocks: ModelBlock[]; idOf: ReadonlyMap<string, string> } {
  const idOf = new Map<string, string>();
  const taken = new Set(document.blocks.map(({ id }) => id));
  const names = new Set(document.blocks.map(({ name }) => name));
  const missing: ModelBlock[] = [];
  for (const block of innermostFirst(blocks)) {
    const moved = { ...block, nodes: block.nodes.map((node) => usingBlocks(node, idOf)) };
    const same = document.blocks.find((other) => sameBlock(other, moved));
    if (same !== undefined) {
      idOf.set(block.id, same.id);
      continue;
    }
    const id = taken.has(block.id) ? createId() : block.id;
    const name = uniqueName(block.name, names);
    idOf.set(block.id, id);
    taken.add(id);
    names.add(name);
    missing.push({ ...moved, id, name });
  }
  return { blocks: missing, idOf };
}

/** A block after those inside it, so that their new ids are known; one that contains itself comes anywhere. */
function innermostFirst(blocks: readonly ModelBlock[]): ModelBlock[] {
  const order: ModelBlock[] = [];
  const seen = new Set<ModelBlock>();
  const visit = (block: ModelBlock): void => {
    if (seen.has(block)) return;
    seen.add(block);
    for (const inner of blocksOf({ blocks: [...blocks] }, block.nodes)) visit(inner);
    order.push(block);
  };
  blocks.forEach(visit);
  return order;
}

function usingBlocks(node: ModelNode, idOf: ReadonlyMap<string, string>): ModelNode {
  const id = node.kind === BLOCK ? idOf.get(String(node.params['block'])) : undefined;
  return id === undefined || id === node.params['block'] ? node : { ...node, params: { ...node.params, block: id } };
}

function sameBlock(a: ModelBlock, b: ModelBlock): boolean {
  return JSON.stringify({ ...a, id: '' }) === JSON.stringify({ ...b, id: '' });
}
