import type { ModelDocument } from '../schema/model-document.ts';
import { sameJson } from '../../text/same-json.ts';
import { applyChange, type Change, type Operation } from './operations.ts';

/**
 * A document with what can be undone and redone. Immutable: every function returns a
 * new history. Selection, zoom and training never enter it.
 */
export interface History {
  readonly document: ModelDocument;
  /** Oldest first. */
  readonly done: readonly Step[];
  /** The next to redo is the last. */
  readonly undone: readonly Step[];
  /** True: the next change starts a step of its own, even of the same gesture. */
  readonly sealed: boolean;
}

/** One undo step. */
export interface Step {
  /** With the outcome of the last change. */
  readonly label: string;
  readonly forward: Change;
  readonly backward: Change;
}

export function createHistory(document: ModelDocument): History {
  return { document, done: [], undone: [], sealed: true };
}

/**
 * Applies a change. One with the gesture of the step before joins that step, unless
 * `seal` or an undo came between; where it leads back to where the step began, the step is gone.
 * @throws AppError `document/bad-change`; the history stays as it was.
 */
export function perform(history: History, change: Change): History {
  const { document, inverse } = applyChange(history.document, change);
  const last = history.done.at(-1);
  const joins =
    !history.sealed && last !== undefined && change.gesture !== undefined && last.forward.gesture === change.gesture;
  if (joins && endsWhereItBegan(last, change)) {
    // As it was then, to the order of its fields.
    const before = applyChange(document, last.backward).document;
    return { document: before, done: history.done.slice(0, -1), undone: [], sealed: true };
  }
  const step: Step = joins
    ? join(last, change, inverse)
    : { label: labelOf(change), forward: change, backward: inverse };
  const earlier = joins ? history.done.slice(0, -1) : history.done;
  return { document, done: [...earlier, step], undone: [], sealed: false };
}

/** Ends the current gesture: a field lost focus, a drag ended. */
export function seal(history: History): History {
  return history.sealed ? history : { ...history, sealed: true };
}

/** @returns The same history where there is nothing to undo. */
export function undo(history: History): History {
  const step = history.done.at(-1);
  if (step === undefined) return history;
  const { document } = applyChange(history.document, step.backward);
  return { document, done: history.done.slice(0, -1), undone: [...history.undone, step], sealed: true };
}

/** @returns The same history where there is nothing to redo. */
export function redo(history: History): History {
  const step = history.undone.at(-1);
  if (step === undefined) return history;
  const { document } = applyChange(history.document, step.forward);
  return { document, done: [...history.done, step], undone: history.undone.slice(0, -1), sealed: true };
}

/** Undoes or redoes until so many steps are done. */
export function goTo(history: History, steps: number): History {
  let now = history;
  while (now.done.length > Math.max(0, steps)) now = undo(now);
  while (now.done.length < steps && now.undone.length > 0) now = redo(now);
  return now;
}

export function undoLabel(history: History): string | null {
  return history.done.at(-1)?.label ?? null;
}

export function redoLabel(history: History): string | null {
  return history.undone.at(-1)?.label ?? null;
}

function labelOf({ label, outcome = '' }: Change): string {
  return `${label}${outcome}`;
}

function join(joined: Step, change: Change, inverse: Change): Step {
  const { outcome } = change;
  const step = outcome === undefined ? joined : { ...joined, label: labelOf({ ...joined.forward, outcome }) };
  if (replacesTheSame(step.forward.operations, change.operations)) {
    // The later values win forwards, the earlier ones backwards; nothing in between is kept.
    return { ...step, forward: { ...step.forward, operations: change.operations } };
  }
  return {
    ...step,
    forward: { ...step.forward, operations: [...step.forward.operations, ...change.operations] },
    backward: { ...step.backward, operations: [...inverse.operations, ...step.backward.operations] },
  };
}

/** True where the change puts back what the step replaced. */
function endsWhereItBegan(step: Step, { operations }: Change): boolean {
  return replacesTheSame(step.forward.operations, operations) && sameJson(step.backward.operations, operations);
}

function replacesTheSame(earlier: readonly Operation[], later: readonly Operation[]): boolean {
  const [first, second] = [earlier[0], later[0]];
  if (earlier.length !== 1 || later.length !== 1 || first === undefined || second === undefined) return false;
  const [before, after] = [replacedIds(first), replacedIds(second)];
  if (first.kind !== second.kind || blockIn(first) !== blockIn(second) || before === null || after === null)
    return false;
  const ids = new Set(before);
  return before.length === after.length && after.every((id) => ids.has(id));
}

function blockIn(operation: Operation): string | undefined {
  return 'block' in operation && typeof operation.block === 'string' ? operation.block : undefined;
}

/** Ids of what an operation replaces by another state of it; null where it does something else. */
function replacedIds(operation: Operation): readonly string[] | null {
  switch (operation.kind) {
    case 'replaceBlock':
      return [operation.block.id];
    case 'replaceNodes':
      return operation.nodes.map(({ id }) => id);
    case 'replaceNotes':
      return operation.notes.map(({ id }) => id);
    case 'replaceGroup':
      return [operation.group.id];
    default:
      return null;
  }
}
