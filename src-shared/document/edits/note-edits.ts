import type { CreateId, Position } from './edits.ts';
import type { ModelDocument, ModelNote } from '../schema/model-document.ts';
import type { Change } from '../history/operations.ts';

/** Size of a new note and minimum size, in pixels at zoom 1. */
export const NOTE = { width: 200, height: 88, minWidth: 96, minHeight: 44 } as const;

/** Adds an empty note. */
export function addNote(
  document: ModelDocument,
  position: Position,
  createId: CreateId,
): { change: Change; noteId: string } {
  const note: ModelNote = { id: createId(), text: '', position, size: { width: NOTE.width, height: NOTE.height } };
  const index = document.notes?.length ?? 0;
  return { change: { label: 'Add note', operations: [{ kind: 'insertNote', index, note }] }, noteId: note.id };
}

/** Sets a note's text; typing is one undo step. Null if it does not change. */
export function setNoteText(document: ModelDocument, noteId: string, text: string): Change | null {
  const note = noteOf(document, noteId);
  if (note === undefined || note.text === text) return null;
  return {
    label: 'Write note',
    operations: [{ kind: 'replaceNotes', notes: [{ ...note, text }] }],
    gesture: `note:${noteId}`,
  };
}

/** Sets a note's size and position (which changes when its left or upper edge is dragged). Null if nothing changes. */
export function resizeNote(
  document: ModelDocument,
  noteId: string,
  { x, y, width, height }: Position & ModelNote['size'],
): Change | null {
  const note = noteOf(document, noteId);
  if (note === undefined) return null;
  const size = { width: Math.max(NOTE.minWidth, width), height: Math.max(NOTE.minHeight, height) };
  const resized = { ...note, position: { x, y }, size };
  if (JSON.stringify(resized) === JSON.stringify(note)) return null;
  return { label: 'Resize note', operations: [{ kind: 'replaceNotes', notes: [resized] }] };
}

function noteOf(document: ModelDocument, noteId: string): ModelNote | undefined {
  return document.notes?.find(({ id }) => id === noteId);
}
