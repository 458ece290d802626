import { describe, expect, it } from 'vitest';
import { copyNodes, parseFragment, paste } from '../../src-shared/document/edits/clipboard.ts';
import { dissolveBlock } from '../../src-shared/document/blocks/dissolve-block.ts';
import { createNode, remove } from '../../src-shared/document/edits/edits.ts';
import { addNodeAfter } from '../../src-shared/document/geometry/insert-edits.ts';
import {
  groupMembers,
  leaveGroup,
  setAllCollapsed,
  setCollapsed,
  ungroup,
  ungroupAll,
} from '../../src-shared/document/geometry/group-edits.ts';
import { boxOf, groupOfAll, shownGraph } from '../../src-shared/document/geometry/groups.ts';
import { makeBlock } from '../../src-shared/document/blocks/make-block.ts';
import { takeOut } from '../../src-shared/document/edits/take-out.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import { addNote, resizeNote, setNoteText } from '../../src-shared/document/edits/note-edits.ts';
import { applyChange } from '../../src-shared/document/history/operations.ts';
import { parseModelDocument } from '../../src-shared/document/reading/parse.ts';
import { layoutFolded } from '../../src-shared/canvas/layout/arrange.ts';
import { sequentialDocument } from '../support/documents.ts';
import { countingIds } from './random-edits.ts';
import { applyAndUndo } from '../support/apply-and-undo.ts';

const STEP = 112;
const createId = countingIds();

/** Five layers; the second to fourth are in a group, next to a note. */
function grouped() {
  const plain = sequentialDocument([{ kind: 'Dense' }, { kind: 'Activation' }, { kind: 'Dense' }]);
  const placed = {
    ...plain,
    nodes: plain.nodes.map((node, i) => ({ ...node, position: { x: 0, y: i * STEP } })),
  };
  const ids = placed.nodes.map(({ id }) => id);
  const note = addNote(placed, { x: 200, y: STEP }, createId);
  const noted = applyAndUndo(placed, note.change);
  const made = groupMembers(noted, ids.slice(1, 4), [note.noteId], createId)!;
  expect(made.change.label).toBe('Group 3 layers and a note');
  return { document: applyAndUndo(noted, made.change), ids, noteId: note.noteId, groupId: made.groupId };
}

const heights = (document: ModelDocument) => document.nodes.map(({ position }) => position.y);
const groupsOf = (document: ModelDocument) => document.groups?.map(({ name }) => name) ?? [];

describe('groups', () => {
  it('frame their members and get numbered names', () => {
    const { document, groupId } = grouped();
    expect(groupsOf(document)).toEqual(['Group 1']);
    expect(boxOf(document, groupId)).toEqual({ x: 0, y: STEP, width: 400, height: 2 * STEP + 76 });
    expect(document.nodes.map(({ group }) => group !== undefined)).toEqual([false, true, true, true, false]);
    expect(parseModelDocument(JSON.parse(JSON.stringify(document)))).toEqual({ document, warnings: [] });
  });

  it('collapse into a card, following layers move up; expanding restores the positions', () => {
    const { document, ids, groupId } = grouped();
    const folded = applyAndUndo(document, setCollapsed(document, groupId, true));
    expect(heights(folded)).toEqual([0, STEP, 2 * STEP, 3 * STEP, 2 * STEP]);
    const shown = shownGraph(folded, 'down');
    expect(shown.nodes.map(({ id }) => id)).toEqual([ids[0], ids[4]]);
    expect(shown.folded).toEqual([
      { group: folded.groups![0], members: folded.nodes.slice(1, 4), position: { x: 110, y: STEP } },
    ]);
    expect(shown.edges.map(({ source, target }) => [source, target])).toEqual([
      [ids[0], groupId],
      [groupId, ids[4]],
    ]);
    const open = applyAndUndo(folded, setCollapsed(folded, groupId, false));
    expect(open).toEqual(document);
    expect(shownGraph(open, 'down')).toEqual({ nodes: open.nodes, folded: [], edges: open.edges });
    expect(
      applyAndUndo(folded, ungroup(folded, groupId)).nodes.map(({ position, group }) => [position.y, group]),
    ).toEqual([0, 1, 2, 3, 4].map((i) => [i * STEP, undefined]));
  });

  it('keep following layers in place when another of their inputs is in the way', () => {
    const { document, ids, groupId } = grouped();
    const beside = { ...createNode(document, 'Dense', { x: 500, y: 3 * STEP }, createId) };
    const edges = [...document.edges, { id: 'beside', source: beside.id, target: ids[4]! }];
    const wider = { ...document, nodes: [...document.nodes, beside], edges };
    expect(heights(applyAndUndo(wider, setCollapsed(wider, groupId, true)))).toEqual(heights(wider));
  });

  it('are arranged as one card when collapsed, with their members', () => {
    const { document, ids, groupId } = grouped();
    const folded = applyAndUndo(document, setCollapsed(document, groupId, true));
    const apart = {
      ...folded,
      nodes: folded.nodes.map((node) => (node.id === ids[4] ? { ...node, position: { x: 900, y: 900 } } : node)),
    };
    const places = layoutFolded(apart, 'down', 'down');
    const [first, a, b, c, last] = ids.map((id) => places.get(id)!);
    expect([first!.y, last!.y]).toEqual([0, 2 * STEP]);
    expect([b!.y - a!.y, c!.y - b!.y]).toEqual([STEP, STEP]);
    // The card, centered on its members, is in line with the others.
    expect(a!.x + 200 - 90).toBe(first!.x);
    expect(layoutFolded(document, 'down', 'down').size).toBe(5);
  });

  it('are removed with their last member, and kept with remaining members', () => {
    const { document, ids, noteId } = grouped();
    expect(groupsOf(applyAndUndo(document, remove(document, ids.slice(1, 4))))).toEqual(['Group 1']);
    expect(groupsOf(applyAndUndo(document, remove(document, ids.slice(1, 4), [], [noteId])))).toEqual([]);
    const [dense] = [ids[1]!];
    const alone = applyAndUndo(document, remove(document, [], [], [noteId]));
    expect(groupsOf(applyAndUndo(alone, takeOut(alone, [dense, ids[2]!, ids[3]!])))).toEqual([]);
    expect(groupsOf(applyAndUndo(document, leaveGroup(document, [dense], [])))).toEqual(['Group 1']);
    expect(groupsOf(applyAndUndo(document, leaveGroup(document, ids, [noteId])))).toEqual([]);
    expect(leaveGroup(document, [ids[0]!], [])).toBeNull();
  });

  it('absorb a group that is added as a whole, under its name', () => {
    const { document, ids, noteId } = grouped();
    expect(groupMembers(document, ids.slice(1, 4), [noteId], createId)).toBeNull();
    expect(groupMembers(document, [], [], createId)).toBeNull();
    const renamed = { ...document, groups: [{ ...document.groups![0]!, name: 'Head' }] };
    expect(groupsOf(applyAndUndo(renamed, groupMembers(renamed, ids, [noteId], createId)!.change))).toEqual(['Head']);
    const part = groupMembers(renamed, ids.slice(0, 2), [], createId)!;
    expect(groupsOf(applyAndUndo(renamed, part.change))).toEqual(['Head', 'Group 1']);
  });

  it('include a layer added between two members', () => {
    const { document, ids, groupId } = grouped();
    const add = (afterId: string) => {
      const node = createNode(document, 'Dropout', { x: 0, y: 0 }, createId);
      return applyAndUndo(document, addNodeAfter(document, afterId, node, createId)).nodes.find(
        ({ id }) => id === node.id,
      );
    };
    expect(add(ids[1]!)?.group).toBe(groupId);
    expect(add(ids[3]!)?.group).toBeUndefined();
  });

  it('are copied and pasted only as a whole', () => {
    const { document, ids, noteId, groupId } = grouped();
    const whole = copyNodes(document, ids.slice(1, 4), [noteId])!;
    expect(parseFragment(JSON.stringify(whole))).toEqual(whole);
    const pasted = paste(document, whole, { x: 10, y: 10 }, createId);
    const twice = applyAndUndo(document, pasted.change);
    expect(groupsOf(twice)).toEqual(['Group 1', 'Group 1']);
    const copy = twice.groups![1]!.id;
    expect(copy).not.toBe(groupId);
    expect(groupOfAll(twice, new Set([...pasted.nodeIds, ...pasted.noteIds]))?.id).toBe(copy);
    expect(groupOfAll(twice, new Set(pasted.nodeIds))).toBeNull();
    const part = copyNodes(document, [ids[1]!])!;
    expect(part.groups).toEqual([]);
    expect(groupsOf(applyAndUndo(document, paste(document, part, { x: 10, y: 10 }, createId).change))).toEqual([
      'Group 1',
    ]);
    const word = copyNodes(document, [], [noteId])!;
    expect(paste(document, word, { x: 10, y: 10 }, createId).change.label).toBe('Paste a note');
  });

  it('move into a block and out of it', () => {
    const { document, ids } = grouped();
    const made = makeBlock(document, ids.slice(1, 4), createId);
    if (typeof made === 'string') throw new Error(made);
    const boxed = applyAndUndo(document, made.change);
    expect([groupsOf(boxed), boxed.notes]).toEqual([[], undefined]);
    expect(boxed.blocks[0]!.groups).toHaveLength(1);
    expect(boxed.blocks[0]!.notes).toHaveLength(1);
    const dissolved = dissolveBlock(boxed, made.nodeId, createId);
    if (typeof dissolved === 'string') throw new Error(dissolved);
    const out = applyAndUndo(boxed, dissolved.change);
    expect(groupsOf(out)).toEqual(['Group 1']);
    expect(out.nodes.filter(({ group }) => group === out.groups![0]!.id)).toHaveLength(3);
    const part = makeBlock(document, ids.slice(1, 3), createId);
    if (typeof part === 'string') throw new Error(part);
    const inner = applyAndUndo(document, part.change);
    expect(inner.nodes.find(({ id }) => id === part.nodeId)?.group).toBe(document.groups![0]!.id);
    expect(inner.blocks[0]!.groups).toBeUndefined();
  });
});

describe('several groups', () => {
  it('collapse, expand and ungroup in one step', () => {
    const { document, ids, groupId } = grouped();
    const second = groupMembers(document, [ids[4]!], [], createId)!;
    const two = applyAndUndo(document, second.change);
    const all = [groupId, second.groupId];
    const fold = setAllCollapsed(two, all, true)!;
    expect(fold.label).toBe('Collapse 2 groups');
    const folded = applyAndUndo(two, fold);
    expect(folded.groups?.map(({ collapsed }) => collapsed)).toEqual([true, true]);
    const open = setAllCollapsed(folded, all, false)!;
    expect([open.label, applyAndUndo(folded, open)]).toEqual(['Expand 2 groups', two]);
    expect(setAllCollapsed(two, all, false)).toBeNull();
    expect(setAllCollapsed(two, [groupId], true)!.label).toBe("Collapse 'Group 1'");
    const gone = ungroupAll(folded, all)!;
    expect([gone.label, groupsOf(applyAndUndo(folded, gone))]).toEqual(['Ungroup 2 groups', []]);
  });
});

describe('notes', () => {
  it('are edited in one step and have a minimum size', () => {
    const { document, noteId } = grouped();
    const written = applyAndUndo(document, setNoteText(document, noteId, 'Warm up first.'));
    expect(setNoteText(document, noteId, 'a')?.gesture).toBe(setNoteText(document, noteId, 'ab')?.gesture);
    const resized = applyAndUndo(written, resizeNote(written, noteId, { x: 5, y: 6, width: 3, height: 300 }));
    expect(resized.notes![0]).toMatchObject({
      text: 'Warm up first.',
      position: { x: 5, y: 6 },
      size: { width: 96, height: 300 },
    });
    expect(resizeNote(resized, noteId, { x: 5, y: 6, width: 96, height: 300 })).toBeNull();
  });

  it('and groups that cannot be read are omitted, with a warning each', () => {
    const { document, noteId, groupId } = grouped();
    const damaged = {
      ...document,
      nodes: document.nodes.map((node, i) => (i === 1 ? { ...node, group: 'gone' } : node)),
      notes: [...document.notes!, { id: 'x', text: 3 }, document.notes![0]],
      groups: [...document.groups!, { id: 'y' }],
    };
    const { document: mended, warnings } = parseModelDocument(damaged);
    expect(mended.notes).toEqual(document.notes);
    expect(mended.groups).toEqual(document.groups);
    expect(mended.nodes[1]!.group).toBeUndefined();
    const messages = warnings.map(({ message }) => message).join('\n');
    for (const part of ['note 2 cannot be read', 'group 2 cannot be read', `repeats the id '${noteId}'`, "'gone'"]) {
      expect(messages).toContain(part);
    }
    expect(groupId).toBe(mended.groups![0]!.id);
  });

  it('edits of a missing note or of a group without members are rejected', () => {
    const { document, groupId, noteId } = grouped();
    const note = { ...document.notes![0]!, group: 'gone' };
    for (const operation of [
      { kind: 'removeGroup', groupId } as const,
      { kind: 'replaceNotes', notes: [note] } as const,
      { kind: 'insertNote', index: 0, note: document.notes![0]! } as const,
      { kind: 'removeNote', noteId: `${noteId}?` } as const,
    ]) {
      expect(() => applyChange(document, { label: '', operations: [operation] })).toThrow('does not fit');
    }
  });
});
