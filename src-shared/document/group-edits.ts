import { emptied, membersOf, removeEmptied, ungrouped } from './annotations.ts';
import { CARD, whatOf, type CreateId } from './edits.ts';
import { boxOf, type Box } from './groups.ts';
import { flowDirection } from './flow-direction.ts';
import type { ModelDocument, ModelGroup, ModelNode, ModelNote } from './model-document.ts';
import type { Change, Operation } from './operations.ts';

/** What a person does to groups. */

/**
 * Puts layers and notes into a new group; they leave the groups they are in, and a group that
 * comes in whole gives its name. Null where nothing is chosen, or all of one group.
 */
export function groupMembers(
  document: ModelDocument,
  nodeIds: readonly string[],
  noteIds: readonly string[],
  createId: CreateId,
): { change: Change; groupId: string } | null {
  const { nodes, notes } = chosen(document, nodeIds, noteIds);
  const members = [...nodes, ...notes];
  if (members.length === 0) return null;
  const taken = emptied(document, new Set(members.map(({ id }) => id)));
  const [only] = taken;
  if (only !== undefined && members.every(({ group }) => group === only.id)) return null;
  const group: ModelGroup = { id: createId(), name: only?.name ?? freeName(document), collapsed: false };
  const operations: Operation[] = [
    { kind: 'insertGroup', index: document.groups?.length ?? 0, group },
    ...replacing(nodes, notes, (member) => ({ ...member, group: group.id })),
    ...taken.map(({ id }): Operation => ({ kind: 'removeGroup', groupId: id })),
  ];
  return { change: { label: `Group ${whatOf(nodes, notes)}`, operations }, groupId: group.id };
}

/** Takes a group away; its members stay. One that is folded is opened first. */
export function ungroup(document: ModelDocument, groupId: string): Change | null {
  const group = groupOf(document, groupId);
  if (group === undefined) return null;
  const { nodes, notes } = membersOf(document, groupId);
  const moved = group.collapsed ? roomToOpen(document, groupId) : [];
  return {
    label: `Ungroup '${group.name}'`,
    operations: [...asOperations(moved), ...replacing(nodes, notes, ungrouped), { kind: 'removeGroup', groupId }],
  };
}

/** Takes layers and notes out of their groups. Null where none is in one. */
export function leaveGroup(
  document: ModelDocument,
  nodeIds: readonly string[],
  noteIds: readonly string[],
): Change | null {
  const { nodes, notes } = chosen(document, nodeIds, noteIds);
  const leaving = [nodes.filter(({ group }) => group), notes.filter(({ group }) => group)] as const;
  const gone = new Set([...leaving[0], ...leaving[1]].map(({ id }) => id));
  if (gone.size === 0) return null;
  return {
    label: `Take ${whatOf(...leaving)} out of the group`,
    operations: [...replacing(...leaving, ungrouped), ...removeEmptied(document, gone)],
  };
}

/** Renames a group; typing is one undo step. */
export function renameGroup(document: ModelDocument, groupId: string, name: string): Change | null {
  const group = groupOf(document, groupId);
  if (group === undefined || group.name === name) return null;
  return {
    label: `Rename group '${group.name}'`,
    operations: [{ kind: 'replaceGroup', group: { ...group, name } }],
    gesture: `group-name:${groupId}`,
  };
}

/**
 * Folds a group into one card, or opens it. What comes after it moves up to the card, or down to
 * make room (to the left or right where the graph leads to the right).
 */
export function setCollapsed(document: ModelDocument, groupId: string, collapsed: boolean): Change | null {
  const group = groupOf(document, groupId);
  if (group === undefined || group.collapsed === collapsed) return null;
  const moved = collapsed ? closedUp(document, groupId) : roomToOpen(document, groupId);
  return {
    label: `${collapsed ? 'Collapse' : 'Expand'} '${group.name}'`,
    operations: [{ kind: 'replaceGroup', group: { ...group, collapsed } }, ...asOperations(moved)],
  };
}

/** What comes after a group moves to the end of its card, as far as what else it reads allows. */
function closedUp(document: ModelDocument, groupId: string): ModelNode[] {
  const { after, axis, end, span } = surroundings(document, groupId);
  const kept = new Map(
    document.nodes.filter((node) => node.group !== groupId && !after.has(node.id)).map((node) => [node.id, node]),
  );
  const gap = axis.size + axis.gap;
  let by = span - axis.size;
  for (const { source, target } of document.edges) {
    const [from, to] = [kept.get(source), after.get(target)];
    if (from !== undefined && to !== undefined) {
      by = Math.min(by, to.position[axis.name] - from.position[axis.name] - gap);
    }
  }
  const behind = [...after.values()].filter(({ position }) => position[axis.name] >= end);
  return by <= 0 || behind.length < after.size ? [] : behind.map((node) => shifted(node, axis.name, -by));
}

/** What comes after a group moves on, so that its members find room. */
function roomToOpen(document: ModelDocument, groupId: string): ModelNode[] {
  const { after, axis, end, start } = surroundings(document, groupId);
  const behind = [...after.values()].filter(({ position }) => position[axis.name] > start);
  const nearest = Math.min(...behind.map(({ position }) => position[axis.name]));
  const by = end + axis.gap - nearest;
  return by > 0 ? behind.map((node) => shifted(node, axis.name, by)) : [];
}

/** Layers that can be reached from a group, and where it begins and ends along the graph. */
function surroundings(document: ModelDocument, groupId: string) {
  const down = flowDirection(document) === 'down';
  const axis = down
    ? ({ name: 'y', size: CARD.height, gap: CARD.gapY } as const)
    : ({ name: 'x', size: CARD.width, gap: CARD.gapX } as const);
  const box: Box = boxOf(document, groupId) ?? { x: 0, y: 0, width: CARD.width, height: CARD.height };
  const span = down ? box.height : box.width;
  const byId = new Map(document.nodes.map((node) => [node.id, node]));
  const leaving = Map.groupBy(document.edges, ({ source }) => source);
  const after = new Map<string, ModelNode>();
  const pending = membersOf(document, groupId).nodes.map(({ id }) => id);
  for (let current = pending.pop(); current !== undefined; current = pending.pop()) {
    for (const { target } of leaving.get(current) ?? []) {
      const node = byId.get(target);
      if (node === undefined || node.group === groupId || after.has(target)) continue;
      after.set(target, node);
      pending.push(target);
    }
  }
  return { after, axis, span, start: box[axis.name], end: box[axis.name] + span };
}

function shifted(node: ModelNode, axis: 'x' | 'y', by: number): ModelNode {
  return { ...node, position: { ...node.position, [axis]: node.position[axis] + by } };
}

function asOperations(nodes: readonly ModelNode[]): Operation[] {
  return nodes.length === 0 ? [] : [{ kind: 'replaceNodes', nodes }];
}

function replacing(
  nodes: readonly ModelNode[],
  notes: readonly ModelNote[],
  by: <Member extends ModelNode | ModelNote>(member: Member) => Member,
): Operation[] {
  const operations: Operation[] = [];
  if (nodes.length > 0) operations.push({ kind: 'replaceNodes', nodes: nodes.map((node) => by(node)) });
  if (notes.length > 0) operations.push({ kind: 'replaceNotes', notes: notes.map((note) => by(note)) });
  return operations;
}

function chosen(document: ModelDocument, nodeIds: readonly string[], noteIds: readonly string[]) {
  const wanted = new Set([...nodeIds, ...noteIds]);
  return {
    nodes: document.nodes.filter(({ id }) => wanted.has(id)),
    notes: (document.notes ?? []).filter(({ id }) => wanted.has(id)),
  };
}

function groupOf(document: ModelDocument, groupId: string): ModelGroup | undefined {
  return document.groups?.find(({ id }) => id === groupId);
}

/** 'Group 1', or the next number that no group has. */
function freeName({ groups = [] }: ModelDocument): string {
  const names = new Set(groups.map(({ name }) => name));
  let number = 1;
  while (names.has(`Group ${number}`)) number += 1;
  return `Group ${number}`;
}
