import {
  connect,
  createNode,
  addNode,
  move,
  moveByHand,
  reconnect,
  remove,
  rename,
  setFrozen,
  setParameter,
  type CreateId,
} from '../../src-shared/document/edits/edits.ts';
import { addNodeAfter, insertOnEdge } from '../../src-shared/document/geometry/insert-edits.ts';
import { setFrozenCopies } from '../../src-shared/document/blocks/block-freezing.ts';
import {
  addBlock,
  createBlockNode,
  deleteBlock,
  deleteUnusedBlocks,
  detachBlock,
  renameBlock,
} from '../../src-shared/document/blocks/block-edits.ts';
import {
  exposeParameter,
  removeParameter,
  renameParameter,
} from '../../src-shared/document/blocks/block-parameters.ts';
import { graphOf } from '../../src-shared/document/schema/blocks.ts';
import { copyNodes, paste } from '../../src-shared/document/edits/clipboard.ts';
import {
  groupMembers,
  leaveGroup,
  renameGroup,
  setCollapsed,
  ungroup,
} from '../../src-shared/document/geometry/group-edits.ts';
import { addNote, resizeNote, setNoteText } from '../../src-shared/document/edits/note-edits.ts';
import { reuse, separateWeights } from '../../src-shared/document/edits/share-weights.ts';
import { dissolveBlock } from '../../src-shared/document/blocks/dissolve-block.ts';
import { changeInside } from '../../src-shared/document/history/inside-block.ts';
import { makeBlock } from '../../src-shared/document/blocks/make-block.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import type { Change } from '../../src-shared/document/history/operations.ts';

/** A small deterministic generator (mulberry32) for fuzz tests. */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export function countingIds(): CreateId {
  let count = 0;
  return () => `id${(count += 1)}`;
}

export const emptyModel: ModelDocument = {
  format: 'lamina.model',
  version: 6,
  name: 'fuzz',
  nodes: [],
  edges: [],
  blocks: [],
};

const KINDS = ['Input', 'Dense', 'Conv2D', 'MaxPooling2D', 'Dropout', 'Output'];

/**
 * One random edit that a person could make on this document; null if the draw does not fit.
 *
 * @param most - Number of nodes and notes (or five times the blocks) above which half the edits remove some, which bounds
 * the document size.
 */
export function randomEdit(
  document: ModelDocument,
  random: () => number,
  createId: CreateId,
  most = Infinity,
): Change | null {
  const { nodes, blocks, notes = [] } = document;
  if (nodes.length + notes.length > most && random() < 0.5) {
    const few = (items: readonly { id: string }[]) => items.filter(() => random() < 0.2).map(({ id }) => id);
    return remove(document, few(nodes), [], few(notes));
  }
  if (blocks.length * 5 > most && random() < 0.5) return deleteUnusedBlocks(document);
  const draw = random();
  if (draw < 0.2) return randomBlockEdit(document, random, createId);
  const inside = draw < 0.5 ? document.blocks[Math.floor(random() * document.blocks.length)]?.id : undefined;
  const edit = random() < 0.25 ? randomAnnotationEdit : randomGraphEdit;
  const change = edit(graphOf(document, inside ?? null), random, createId);
  return change === null ? null : changeInside(inside ?? null, change);
}

/** One edit of a block, or of a node that uses one. */
function randomBlockEdit(document: ModelDocument, random: () => number, createId: CreateId): Change | null {
  const pick = <Item>(items: readonly Item[]): Item | undefined => items[Math.floor(random() * items.length)];
  const block = pick(document.blocks);
  const inside = random() < 0.5 ? (pick(document.blocks)?.id ?? null) : null;
  const graph = graphOf(document, inside);
  const use = pick(graph.nodes.filter(({ kind }) => kind === 'Block'));
  const within = (change: Change | null | undefined) => (change == null ? null : changeInside(inside, change));
  const draw = Math.floor(random() * 12);
  if (draw <= 3 || block === undefined) {
    const chosen = graph.nodes.filter(({ kind }) => random() < 0.5 && !/put$/.test(kind)).map(({ id }) => id);
    const made = makeBlock(graph, chosen, createId);
    return typeof made === 'string' ? null : within(made.change);
  }
  const inner = pick(block.nodes);
  if (draw === 4)
    return inner === undefined ? null : exposeParameter(document, block.id, inner.id, 'units', 5, 'Units');
  const parameter = pick(block.parameters)?.name;
  if (draw === 5)
    return parameter === undefined ? null : renameParameter(document, block.id, parameter, pick(['a', 'b', 'c'])!);
  if (draw === 6) return parameter === undefined ? null : removeParameter(document, block.id, parameter);
  if (draw === 7) return random() < 0.5 ? renameBlock(document, block.id, 'renamed') : deleteBlock(document, block.id);
  if (draw === 8)
    return within(addBlock(graph, block, createBlockNode(graph, block, { x: 0, y: 0 }, createId), null, createId));
  if (use === undefined) return null;
  if (draw === 9) {
    const dissolved = dissolveBlock(graph, use.id, createId);
    return typeof dissolved === 'string' ? null : within(dissolved.change);
  }
  if (draw === 10) return within(setFrozenCopies(graph, use.id, Math.floor(random() * 3)));
  const name = pick(['repeat', parameter ?? 'repeat'])!;
  return within(
    random() < 0.3
      ? detachBlock(graph, use.id, createId)
      : setParameter(graph, [use.id], name, 1 + Math.floor(random() * 3)),
  );
}

/** One edit of a note or a group. */
function randomAnnotationEdit(document: ModelDocument, random: () => number, createId: CreateId): Change | null {
  const pick = <Item>(items: readonly Item[] | undefined): Item | undefined =>
    items?.[Math.floor(random() * items.length)];
  const ids = (items: readonly { id: string }[] | undefined) =>
    (items ?? []).filter(() => random() < 0.4).map(({ id }) => id);
  const group = pick(document.groups);
  const note = pick(document.notes);
  const place = { x: Math.round(random() * 800), y: Math.round(random() * 800) };
  const draw = Math.floor(random() * 10);
  if (draw === 0) return addNote(document, place, createId).change;
  if (draw <= 2) return groupMembers(document, ids(document.nodes), ids(document.notes), createId)?.change ?? null;
  if (draw === 3) return leaveGroup(document, ids(document.nodes), ids(document.notes));
  if (draw === 4) return remove(document, [], [], ids(document.notes));
  if (draw === 5) return note === undefined ? null : setNoteText(document, note.id, `text ${Math.round(random() * 9)}`);
  if (draw === 6)
    return note === undefined ? null : resizeNote(document, note.id, { ...place, width: 10 + place.x, height: 90 });
  if (draw === 7) return note === undefined ? null : move(document, new Map([[note.id, place]]));
  if (group === undefined) return null;
  if (draw === 8)
    return random() < 0.3 ? ungroup(document, group.id) : renameGroup(document, group.id, `g${Math.round(place.x)}`);
  return setCollapsed(document, group.id, !group.collapsed);
}

function randomEnds(source: string, target: string, random: () => number) {
  return random() < 0.5 ? { source, target } : { source, target, targetPort: random() < 0.5 ? 'query' : 'value' };
}

/** One edit of nodes and edges. */
function randomGraphEdit(document: ModelDocument, random: () => number, createId: CreateId): Change | null {
  const pick = <Item>(items: readonly Item[]): Item | undefined => items[Math.floor(random() * items.length)];
  const position = { x: Math.round(random() * 800), y: Math.round(random() * 800) };
  const node = pick(document.nodes);
  const other = pick(document.nodes);
  const edge = pick(document.edges);
  const create = () => createNode(document, pick(KINDS)!, position, createId);
  const draw = Math.floor(random() * 13);
  if (draw <= 1 || node === undefined || other === undefined) return addNode(document, create());
  if (draw === 2) return addNodeAfter(document, node.id, create(), createId);
  if (draw === 3) return edge === undefined ? null : insertOnEdge(document, edge.id, create(), createId);
  if (draw === 4 || draw === 5) return connect(document, randomEnds(node.id, other.id, random), createId);
  if (draw === 6)
    return edge === undefined ? null : reconnect(document, edge.id, randomEnds(node.id, other.id, random));
  if (draw === 7)
    return random() < 0.5 ? remove(document, [node.id, other.id]) : remove(document, [], edge ? [edge.id] : []);
  if (draw === 8)
    return (random() < 0.5 ? move : moveByHand)(
      document,
      new Map([
        [node.id, position],
        [other.id, { x: 0, y: position.y }],
      ]),
    );
  if (draw === 9)
    return setParameter(
      document,
      [node.id],
      pick(['units', 'rate'])!,
      random() < 0.3 ? undefined : Math.round(random() * 100),
    );
  if (draw === 10)
    return random() < 0.5
      ? rename(document, node.id, `name${Math.round(random() * 9)}`)
      : setFrozen(document, [node.id, other.id], random() < 0.5);
  if (draw === 11)
    return random() < 0.3
      ? separateWeights(document, node.id)
      : (reuse(document, [node.id, other.id], position, createId)?.change ?? null);
  const notes = (document.notes ?? []).slice(0, 2).map(({ id }) => id);
  const fragment = copyNodes(document, [node.id, other.id], notes);
  return fragment === null ? null : paste(document, fragment, { x: 20, y: 20 }, createId).change;
}
