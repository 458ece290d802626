import { emptied, membersOf, removeEmptied, ungrouped } from '../schema/annotations.ts';
import { whatOf, type CreateId } from '../edits/edits.ts';
import { closedUp, roomToOpen } from './group-room.ts';
import type { ModelDocument, ModelGroup, ModelNode, ModelNote } from '../schema/model-document.ts';
import { applyChange, type Change, type Operation } from '../history/operations.ts';

/**
 * Moves layers and notes into a new group. If all members of a group move, the new group gets its
 * name. Null if nothing is selected, or exactly one group.
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

/** Removes a group and keeps its members; a folded group is opened first. */
export function ungroup(document: ModelDocument, groupId: string): Change | null {
  const group = groupOf(document, groupId);
  if (group === undefined) return null;
  const { nodes, notes } = membersOf(document, groupId);
  const moved = group.collapsed ? roomToOpen(document, groupId) : [];
  return {
    label: `Ungroup '${group.name}'`,
    operations: [...moved, ...replacing(nodes, notes, ungrouped), { kind: 'removeGroup', groupId }],
  };
}

/** Removes layers and notes from their groups. Null if none is in a group. */
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
    label: `Remove ${whatOf(...leaving)} from the group`,
    operations: [...replacing(...leaving, ungrouped), ...removeEmptied(document, gone)],
  };
}

/** Renames a group; typing is one undo step. */
export function renameGroup(document: ModelDocument, groupId: string, name: string): Change | null {
  const group = groupOf(document, groupId);
  if (group === undefined || group.name === name) return null;
  return {
    label: `Rename group '${group.name}'`,
    outcome: ` to '${name}'`,
    operations: [{ kind: 'replaceGroup', group: { ...group, name } }],
    gesture: `group-name:${groupId}`,
  };
}

/**
 * Folds a group into one card, or opens it. Moves the cards after it along the graph's direction
 * to close the gap, or to make space.
 */
export function setCollapsed(document: ModelDocument, groupId: string, collapsed: boolean): Change | null {
  const group = groupOf(document, groupId);
  if (group === undefined || group.collapsed === collapsed) return null;
  const moved = collapsed ? closedUp(document, groupId) : roomToOpen(document, groupId);
  return {
    label: `${collapsed ? 'Collapse' : 'Expand'} '${group.name}'`,
    operations: [{ kind: 'replaceGroup', group: { ...group, collapsed } }, ...moved],
  };
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

/** 'Group 1', or the next free number. */
function freeName({ groups = [] }: ModelDocument): string {
  const names = new Set(groups.map(({ name }) => name));
  let number = 1;
  while (names.has(`Group ${number}`)) number += 1;
  return `Group ${number}`;
}

/** Folds or opens several groups in one step. Null if nothing changes. */
export function setAllCollapsed(
  document: ModelDocument,
  groupIds: readonly string[],
  collapsed: boolean,
): Change | null {
  const verb = collapsed ? 'Collapse' : 'Expand';
  return inOneStep(document, groupIds, verb, (current, id) => setCollapsed(current, id, collapsed));
}

/** Removes several groups in one step and keeps their members. Null if there are none. */
export function ungroupAll(document: ModelDocument, groupIds: readonly string[]): Change | null {
  return inOneStep(document, groupIds, 'Ungroup', ungroup);
}

function inOneStep(
  document: ModelDocument,
  groupIds: readonly string[],
  verb: string,
  edit: (current: ModelDocument, groupId: string) => Change | null,
): Change | null {
  let current = document;
  const changes: Change[] = [];
  for (const id of groupIds) {
    const change = edit(current, id);
    if (change === null) continue;
    changes.push(change);
    current = applyChange(current, change);
  }
  const [first, ...more] = changes;
  if (first === undefined) return null;
  const label = more.length === 0 ? first.label : `${verb} ${changes.length} groups`;
  return { label, operations: changes.flatMap(({ operations }) => operations) };
}
