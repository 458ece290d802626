import type { Node } from '@xyflow/svelte';
import { membersOf } from '../../../../src-shared/document/schema/annotations.ts';
import { CARD, type Position } from '../../../../src-shared/document/edits/edits.ts';
import { boxOf, frameAround, type Box } from '../../../../src-shared/document/geometry/groups.ts';
import type { ModelDocument, ModelGroup, ModelNote } from '../../../../src-shared/document/schema/model-document.ts';

/** Notes, and the frames of open groups, as xyflow's nodes. */

export interface NoteData extends Record<string, unknown> {
  readonly text: string;
}

export interface FrameData extends Record<string, unknown> {
  readonly name: string;
  /** Layers and notes in it. */
  readonly members: number;
  /** All of them are selected. */
  readonly chosen: boolean;
}

export type NoteNode = Node<NoteData, 'note'>;
export type FrameNode = Node<FrameData, 'frame'>;

export function noteNode(note: ModelNote, selected: boolean, before: NoteNode | undefined): NoteNode {
  const { id, text, size } = note;
  const position = before?.dragging === true ? before.position : note.position;
  const node: NoteNode = {
    ...before,
    id,
    type: 'note',
    position,
    selected,
    ...size,
    measured: size,
    handles: [],
    data: { text },
    ariaLabel: text.trim() === '' ? 'Empty note' : `Note: ${text}`,
  };
  return before !== undefined && looksTheSame(before, node) && before.selected === selected ? before : node;
}

/** Frames of the open groups. They come first in the list of nodes, so that all cards cover them. */
export function frameNodes(
  document: ModelDocument,
  selected: ReadonlySet<string>,
  before: ReadonlyMap<string, unknown>,
): FrameNode[] {
  return (document.groups ?? []).flatMap((group) => {
    const box = group.collapsed ? null : boxOf(document, group.id);
    return box === null ? [] : [frameNode(document, group, box, selected, before.get(group.id) as FrameNode)];
  });
}

function frameNode(
  document: ModelDocument,
  { id, name }: ModelGroup,
  box: Box,
  selected: ReadonlySet<string>,
  before: FrameNode | undefined,
): FrameNode {
  const { nodes, notes } = membersOf(document, id);
  const members = [...nodes, ...notes];
  const known = before?.type === 'frame' ? before : undefined;
  const node: FrameNode = {
    ...known,
    id,
    type: 'frame',
    ...(known?.dragging === true ? placeOf(known) : framePlace(box)),
    selectable: false,
    focusable: false,
    connectable: false,
    handles: [],
    data: { name, members: members.length, chosen: members.every((member) => selected.has(member.id)) },
    ariaLabel: `Group ${name}`,
  };
  return known !== undefined && looksTheSame(known, node) ? known : node;
}

/** A frame around members at other places than the document has them, while they are dragged. */
export function movedFrame(
  frame: FrameNode,
  document: ModelDocument,
  at: (id: string) => Position | undefined,
): FrameNode {
  const moved = <Item extends { readonly id: string; readonly position: Position }>(items: readonly Item[]): Item[] =>
    items.map((item) => ({ ...item, position: at(item.id) ?? item.position }));
  const { nodes, notes } = membersOf(document, frame.id);
  const box = boxOf({ nodes: moved(nodes), notes: moved(notes) }, frame.id);
  const next = box === null ? frame : { ...frame, ...framePlace(box) };
  return looksTheSame(frame, next) ? frame : next;
}

function framePlace(box: Box) {
  const { x, y, ...size } = frameAround(box);
  return { position: { x, y }, ...size, measured: size };
}

function placeOf({ position, width = CARD.width, height = CARD.height }: FrameNode) {
  return { position, width, height, measured: { width, height } };
}

function looksTheSame(a: NoteNode | FrameNode, b: NoteNode | FrameNode): boolean {
  const meaning = ({ position, width, height, data }: NoteNode | FrameNode) =>
    JSON.stringify([position.x, position.y, width, height, data]);
  return meaning(a) === meaning(b);
}
