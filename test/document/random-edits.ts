import {
  connect,
  createNode,
  addNode,
  addNodeAfter,
  insertOnEdge,
  move,
  reconnect,
  remove,
  rename,
  setFrozen,
  setParameter,
  type CreateId,
} from '../../src-shared/document/edits.ts';
import { copyNodes, paste } from '../../src-shared/document/clipboard.ts';
import type { ModelDocument } from '../../src-shared/document/model-document.ts';
import type { Change } from '../../src-shared/document/operations.ts';

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
  version: 2,
  name: 'fuzz',
  nodes: [],
  edges: [],
  blocks: [],
};

const KINDS = ['Input', 'Dense', 'Conv2D', 'MaxPooling2D', 'Dropout', 'Output'];

/** One edit that a person could make on this document; null where the draw fits nothing. */
export function randomEdit(document: ModelDocument, random: () => number, createId: CreateId): Change | null {
  const pick = <Item>(items: readonly Item[]): Item | undefined => items[Math.floor(random() * items.length)];
  const position = { x: Math.round(random() * 800), y: Math.round(random() * 800) };
  const node = pick(document.nodes);
  const other = pick(document.nodes);
  const edge = pick(document.edges);
  const create = () => createNode(document, pick(KINDS)!, position, createId);
  const draw = Math.floor(random() * 12);
  if (draw <= 1 || node === undefined || other === undefined) return addNode(document, create());
  if (draw === 2) return addNodeAfter(document, node.id, create(), createId);
  if (draw === 3) return edge === undefined ? null : insertOnEdge(document, edge.id, create(), createId);
  if (draw === 4 || draw === 5) return connect(document, node.id, other.id, createId);
  if (draw === 6) return edge === undefined ? null : reconnect(document, edge.id, node.id, other.id);
  if (draw === 7)
    return random() < 0.5 ? remove(document, [node.id, other.id]) : remove(document, [], edge ? [edge.id] : []);
  if (draw === 8)
    return move(
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
  const fragment = copyNodes(document, [node.id, other.id]);
  return fragment === null ? null : paste(document, fragment, { x: 20, y: 20 }, createId).change;
}
