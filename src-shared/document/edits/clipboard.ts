import { z } from 'zod';
import { parseJson } from '../../text/parse-json.ts';
import { BLOCK, blocksOf } from '../schema/blocks.ts';
import {
  modelBlockSchema,
  modelEdgeSchema,
  modelGroupSchema,
  modelNodeSchema,
  modelNoteSchema,
  type ModelBlock,
  type ModelDocument,
  type ModelGroup,
  type ModelNode,
  type ModelNote,
} from '../schema/model-document.ts';
import { emptied, ungrouped } from '../schema/annotations.ts';
import { namesOf, released, whatOf, type CreateId, type Position } from './edits.ts';
import { uniqueName } from '../schema/names.ts';
import { ownersIn, sharingFault, usingWeightsOf, withOwnersValues } from '../schema/shared-layers.ts';
import type { Change, Operation } from '../history/operations.ts';

/** Layers and notes on the clipboard, as JSON text. */
const fragmentSchema = z.object({
  format: z.literal('lamina.fragment'),
  nodes: z.array(modelNodeSchema),
  edges: z.array(modelEdgeSchema),
  /** The blocks that the nodes use. */
  blocks: z.array(modelBlockSchema).default([]),
  notes: z.array(modelNoteSchema).default([]),
  /** Groups all of whose members were copied. */
  groups: z.array(modelGroupSchema).default([]),
});
export type Fragment = z.infer<typeof fragmentSchema>;

/**
 * Copies nodes and notes, the edges between them, the blocks they use, and groups whose members
 * are all copied. If a node uses the weights of a node that is not copied, its copy gets the parameters
 * and freezing of that node. Null if nothing is selected.
 */
export function copyNodes(
  document: ModelDocument,
  nodeIds: readonly string[],
  noteIds: readonly string[] = [],
): Fragment | null {
  const wanted = new Set([...nodeIds, ...noteIds]);
  const groups = emptied(document, wanted);
  const whole = new Set(groups.map(({ id }) => id));
  const kept = <Member extends ModelNode | ModelNote>(member: Member): Member =>
    member.group !== undefined && whole.has(member.group) ? member : ungrouped(member);
  const ownerOf = ownersIn(document.nodes);
  const nodes = document.nodes
    .filter((node) => wanted.has(node.id))
    .map((node) => {
      const owner = ownerOf(node);
      return kept(owner === node || wanted.has(owner.id) ? node : withOwnersValues(node, owner));
    });
  const notes = (document.notes ?? []).filter((note) => wanted.has(note.id)).map(kept);
  if (nodes.length + notes.length === 0) return null;
  const edges = document.edges.filter((edge) => wanted.has(edge.source) && wanted.has(edge.target));
  return { format: 'lamina.fragment', nodes, edges, blocks: blocksOf(document, nodes), notes, groups };
}

/** @returns Null if the text is not a fragment. */
export function parseFragment(text: string): Fragment | null {
  if (!text.includes('lamina.fragment')) return null;
  try {
    const fragment = fragmentSchema.parse(parseJson(text));
    return fragment.nodes.length + fragment.notes.length === 0 ? null : fragment;
  } catch {
    return null;
  }
}

/**
 * Pastes copies with new ids and free names, moved by `offset`. A copy uses the weights of its owner's
 * copy. If the owner was not copied, it uses the owner's weights if this document has the owner, and own
 * weights otherwise.
 * @returns The change and the new nodes' and notes' ids, to select them.
 */
export function paste(
  document: ModelDocument,
  fragment: Fragment,
  offset: Position,
  createId: CreateId,
  verb: 'Paste' | 'Duplicate' = 'Paste',
): { change: Change; nodeIds: string[]; noteIds: string[] } {
  const names = namesOf(document);
  const { blocks, idOf } = takeOver(document, fragment.blocks, createId);
  const groupIds = new Map<string, string>();
  const groups = fragment.groups.map((group): ModelGroup => {
    const id = createId();
    groupIds.set(group.id, id);
    return { ...group, id };
  });
  /** Moves a member by the offset, into the copy of its group. */
  const placed = <Member extends ModelNode | ModelNote>(member: Member): Member => {
    const group = member.group === undefined ? undefined : groupIds.get(member.group);
    const position = { x: member.position.x + offset.x, y: member.position.y + offset.y };
    return { ...ungrouped(member), position, ...(group === undefined ? {} : { group }) };
  };
  const ids = new Map<string, string>();
  const copies = fragment.nodes.map((node): ModelNode => {
    const id = createId();
    ids.set(node.id, id);
    const name = uniqueName(node.name, names);
    names.add(name);
    return { ...placed(usingBlocks(released(node), idOf)), id, name };
  });
  const nodes = withOwners(document, copies, ids);
  const notes = fragment.notes.map((note): ModelNote => ({ ...placed(note), id: createId() }));
  const operations: Operation[] = [
    ...blocks.map((block, i): Operation => ({ kind: 'insertBlock', index: document.blocks.length + i, block })),
    ...groups.map((group, i): Operation => ({
      kind: 'insertGroup',
      index: (document.groups?.length ?? 0) + i,
      group,
    })),
    ...nodes.map((node, i): Operation => ({ kind: 'insertNode', index: document.nodes.length + i, node })),
    ...notes.map((note, i): Operation => ({ kind: 'insertNote', index: (document.notes?.length ?? 0) + i, note })),
  ];
  let edgeIndex = document.edges.length;
  for (const edge of fragment.edges) {
    const source = ids.get(edge.source);
    const target = ids.get(edge.target);
    if (source === undefined || target === undefined) continue;
    operations.push({ kind: 'insertEdge', index: edgeIndex, edge: { ...edge, id: createId(), source, target } });
    edgeIndex += 1;
  }
  const label = `${verb} ${whatOf(fragment.nodes, notes)}`;
  return { change: { label, operations }, nodeIds: nodes.map(({ id }) => id), noteIds: notes.map(({ id }) => id) };
}

/**
 * Replaces `weightsOf` of the copies, which is still an id of the fragment or of the document it comes from.
 * @param ids New ids of the fragment's nodes, by their old ids.
 */
function withOwners(
  document: ModelDocument,
  copies: readonly ModelNode[],
  ids: ReadonlyMap<string, string>,
): ModelNode[] {
  const owners = new Map(ids);
  return copies.map((copy) => {
    const { weightsOf, ...own } = copy;
    if (weightsOf === undefined) return copy;
    const owner = owners.get(weightsOf);
    if (owner !== undefined) return usingWeightsOf(own, owner);
    const known = document.nodes.find(({ id }) => id === weightsOf);
    if (known !== undefined && known.weightsOf === undefined && sharingFault(own, known) === null) {
      return usingWeightsOf(own, weightsOf);
    }
    owners.set(weightsOf, copy.id);
    return own;
  });
}

/**
 * Blocks of a fragment that the document does not have. An equal block of the document is used
 * instead, under its id. A block whose id is taken gets a new id and a free name.
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

/** Orders blocks after those that they contain, so that new ids are known. Tolerates cycles. */
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
