import { isInput, isOutput } from '../schema/ends.ts';
import { removeEmptied } from '../schema/annotations.ts';
import type { JsonValue, ModelDocument, ModelNode, ModelNote, ModelWeights } from '../schema/model-document.ts';
import { snakeCase, uniqueName } from '../schema/names.ts';
import { sameEnds, type EdgeEnds } from '../schema/ports.ts';
import { handedOver, ownersIn } from '../schema/shared-layers.ts';
import type { Change, Operation } from '../history/operations.ts';

// Edits of a model as labelled changes. `applyChange` applies them.

/** Makes an id that the document does not have. */
export type CreateId = () => string;
export type Position = ModelNode['position'];

/** Card size and gap on the canvas, in pixels at zoom 1; used by automatic layout too. */
export const CARD = { width: 180, height: 76, gapX: 40, gapY: 36 } as const;

/** Makes a node with a free Keras name. */
export function createNode(
  document: ModelDocument,
  kind: string,
  position: Position,
  createId: CreateId,
  params: Record<string, JsonValue> = {},
): ModelNode {
  const name = uniqueName(snakeCase(kind), namesOf(document));
  return { id: createId(), kind, name, params, position, frozen: false };
}

/** Adds a node without connections. */
export function addNode(document: ModelDocument, node: ModelNode): Change {
  return { label: `Add '${node.name}'`, operations: [{ kind: 'insertNode', index: document.nodes.length, node }] };
}

/**
 * Removes nodes, edges and notes, as well as edges of removed nodes and groups without members. The
 * weights of a removed node go to the first node that used them.
 */
export function remove(
  document: ModelDocument,
  nodeIds: readonly string[],
  edgeIds: readonly string[] = [],
  noteIds: readonly string[] = [],
): Change {
  const nodes = new Set(nodeIds);
  const edges = new Set(edgeIds);
  const goneEdges = document.edges.filter(
    (edge) => edges.has(edge.id) || nodes.has(edge.source) || nodes.has(edge.target),
  );
  const goneNodes = document.nodes.filter((node) => nodes.has(node.id));
  const goneNotes = (document.notes ?? []).filter((note) => noteIds.includes(note.id));
  const newOwners = handedOver(document.nodes, nodes);
  const parts = whatOf(goneNodes, goneNotes);
  return {
    label: `Delete ${parts === '' ? countOf(goneEdges.length, 'connection') : parts}`,
    operations: [
      ...(newOwners.length === 0 ? [] : [{ kind: 'replaceNodes', nodes: newOwners } as const]),
      ...goneEdges.map((edge): Operation => ({ kind: 'removeEdge', edgeId: edge.id })),
      ...goneNodes.map((node): Operation => ({ kind: 'removeNode', nodeId: node.id })),
      ...goneNotes.map((note): Operation => ({ kind: 'removeNote', noteId: note.id })),
      ...removeEmptied(document, new Set([...goneNodes, ...goneNotes].map(({ id }) => id))),
    ],
  };
}

/** Connects two nodes, also if they are connected. Null if they are equal or missing, or the port is occupied. */
export function connect(document: ModelDocument, ends: EdgeEnds, createId: CreateId): Change | null {
  const words = endsInWords(document, ends);
  if (words === null) return null;
  const edge = { id: createId(), ...ends };
  return { label: `Connect ${words}`, operations: [{ kind: 'insertEdge', index: document.edges.length, edge }] };
}

/** "'hidden' to 'output'"; null if an edge cannot have these ends. @param edgeId The edge to change. */
function endsInWords({ nodes, edges }: ModelDocument, ends: EdgeEnds, edgeId?: string): string | null {
  const { source, target, targetPort } = ends;
  const [from, to] = [source, target].map((id) => nodes.find((node) => node.id === id));
  if (from === undefined || to === undefined || from === to) return null;
  const isOccupied = edges.some(
    (edge) =>
      edge.id !== edgeId && edge.target === target && targetPort !== undefined && edge.targetPort === targetPort,
  );
  return isOccupied ? null : `'${from.name}' to '${to.name}'`;
}

/** Changes the ends of an edge. Null if nothing changes, or if an edge cannot have these ends. */
export function reconnect(document: ModelDocument, edgeId: string, ends: EdgeEnds): Change | null {
  const edge = document.edges.find((other) => other.id === edgeId);
  const words = endsInWords(document, ends, edgeId);
  if (edge === undefined || words === null || sameEnds(edge, ends)) return null;
  return { label: `Reconnect ${words}`, operations: [{ kind: 'replaceEdge', edge: { id: edgeId, ...ends } }] };
}

/** Moves nodes and notes; null if none moves. */
export function move(
  document: ModelDocument,
  positions: ReadonlyMap<string, Position>,
  gesture?: string,
): Change | null {
  const nodes = movedTo(document.nodes, positions);
  const notes = movedTo(document.notes ?? [], positions);
  if (nodes.length + notes.length === 0) return null;
  const operations: Operation[] = [];
  if (nodes.length > 0) operations.push({ kind: 'replaceNodes', nodes });
  if (notes.length > 0) operations.push({ kind: 'replaceNotes', notes });
  return withGesture({ label: `Move ${whatOf(nodes, notes)}`, operations }, gesture);
}

/**
 * Moves nodes and notes, and marks the nodes as placed by hand, so that automatic layout does not
 * move them. Moving all nodes together marks none. Null if none moves.
 */
export function moveByHand(
  document: ModelDocument,
  positions: ReadonlyMap<string, Position>,
  gesture?: string,
): Change | null {
  const change = move(document, positions, gesture);
  if (change === null) return null;
  const operations = change.operations.map((operation): Operation => {
    if (operation.kind !== 'replaceNodes' || operation.nodes.length === document.nodes.length) return operation;
    return { ...operation, nodes: operation.nodes.map((node) => ({ ...node, placed: true })) };
  });
  return { ...change, operations };
}

/** The node without the mark `placed`: automatic layout may move it. */
export function released(node: ModelNode): ModelNode {
  if (node.placed === undefined) return node;
  const { placed: _placed, ...rest } = node;
  return rest;
}

function movedTo<Item extends ModelNode | ModelNote>(
  items: readonly Item[],
  positions: ReadonlyMap<string, Position>,
): Item[] {
  return items.flatMap((item) => {
    const position = positions.get(item.id);
    const stays = position === undefined || (position.x === item.position.x && position.y === item.position.y);
    return stays ? [] : [{ ...item, position }];
  });
}

/** Sets a parameter of several nodes, or of the nodes whose weights they use; `undefined` resets it to the default. Typing in one field is one undo step. */
export function setParameter(
  document: ModelDocument,
  nodeIds: readonly string[],
  name: string,
  value: JsonValue | undefined,
): Change | null {
  const changed = ownersOf(document, nodeIds).map((node) => {
    const { [name]: _old, ...rest } = node.params;
    return { ...node, params: value === undefined ? rest : { ...node.params, [name]: value } };
  });
  if (changed.length === 0) return null;
  const label =
    changed.length === 1 ? `Set ${name} of '${changed[0]!.name}'` : `Set ${name} of ${changed.length} layers`;
  return {
    label,
    operations: [{ kind: 'replaceNodes', nodes: changed }],
    gesture: `param:${nodeIds.join(',')}:${name}`,
  };
}

/**
 * Renames a layer, also where Outputs that reproduce it name it. Allows an empty or duplicate name,
 * as may occur during typing; analysis reports it.
 */
export function rename(document: ModelDocument, nodeId: string, name: string): Change | null {
  const node = document.nodes.find((other) => other.id === nodeId);
  if (node === undefined || node.name === name) return null;
  return {
    label: `Rename '${node.name}'`,
    outcome: ` to '${name}'`,
    operations: [{ kind: 'replaceNodes', nodes: [{ ...node, name }, ...reproducing(document, node, name)] }],
    gesture: `name:${nodeId}`,
  };
}

/** Outputs that reproduce an Input, changed to its new name. */
function reproducing({ nodes }: ModelDocument, input: ModelNode, next: string): ModelNode[] {
  const { id, name } = input;
  const isAlone = nodes.every((node) => node.id === id || node.name !== name);
  const namesIt = (node: ModelNode) => isOutput(node) && node.params['reproduces'] === name;
  if (!isInput(input) || !isAlone || name === '' || next === '') return [];
  return nodes.filter(namesIt).map((node) => ({ ...node, params: { ...node.params, reproduces: next } }));
}

export function renameDocument(name: string): Change {
  return { label: 'Rename model', operations: [{ kind: 'renameDocument', name }], gesture: 'document-name' };
}

/** @param weights What new runs of the model start from; null: the seed. */
export function setWeights(weights: ModelWeights | null): Change {
  const label = weights === null ? 'Start from the seed' : `Start from ${weights.label}`;
  return { label, operations: [{ kind: 'setWeights', weights: weights ?? undefined }] };
}

/** Freezes or unfreezes layers, or the layers whose weights they use; null if nothing changes. */
export function setFrozen(document: ModelDocument, nodeIds: readonly string[], frozen: boolean): Change | null {
  const changed = ownersOf(document, nodeIds)
    .filter((node) => node.frozen !== frozen)
    .map((node) => ({ ...node, frozen }));
  if (changed.length === 0) return null;
  const verb = frozen ? 'Freeze' : 'Unfreeze';
  const label = changed.length === 1 ? `${verb} '${changed[0]!.name}'` : `${verb} ${changed.length} layers`;
  return { label, operations: [{ kind: 'replaceNodes', nodes: changed }] };
}

/** Sets whether these calls compute as in prediction while the model trains; null if nothing changes. */
export function setInferenceMode(document: ModelDocument, nodeIds: readonly string[], on: boolean): Change | null {
  const wanted = new Set(nodeIds);
  const changed = document.nodes
    .filter(({ id, training }) => wanted.has(id) && (training === false) !== on)
    .map(({ training: _old, ...node }): ModelNode => (on ? { ...node, training: false } : node));
  if (changed.length === 0) return null;
  const what = changed.length === 1 ? `'${changed[0]!.name}'` : `${changed.length} layers`;
  const label = on ? `Inference mode of ${what}` : `Mode of the model for ${what}`;
  return { label, operations: [{ kind: 'replaceNodes', nodes: changed }] };
}

export function namesOf(document: ModelDocument): Set<string> {
  return new Set(document.nodes.map((node) => node.name));
}

/** The owners of these nodes, which have their parameters and freezing. */
function ownersOf({ nodes }: ModelDocument, nodeIds: readonly string[]): ModelNode[] {
  const wanted = new Set(nodeIds);
  const owners = new Set(nodes.filter(({ id }) => wanted.has(id)).map(ownersIn(nodes)));
  return nodes.filter((node) => owners.has(node));
}

/** "'dense'", '3 layers', 'a note', '2 layers and 2 notes'; '' for none. */
export function whatOf(nodes: readonly ModelNode[], notes: readonly ModelNote[]): string {
  const layers = nodes.length === 1 ? `'${nodes[0]!.name}'` : countOf(nodes.length, 'layer');
  const words = notes.length === 1 ? 'a note' : countOf(notes.length, 'note');
  return [nodes.length > 0 ? layers : '', notes.length > 0 ? words : ''].filter(Boolean).join(' and ');
}

function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function withGesture(change: Change, gesture: string | undefined): Change {
  return gesture === undefined ? change : { ...change, gesture };
}
