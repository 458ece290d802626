import { sameJson } from '../../text/same-json.ts';
import { applyPatch, differenceOf, type PatchPair } from './patch.ts';

/**
 * Immutable JSON documents with undo and redo steps. Every function returns a new history.
 * Selection, zoom and training never enter it.
 */
export interface History<Documents> {
  readonly documents: Documents;
  /** Oldest first. */
  readonly done: readonly Step[];
  /** The last one is the next to redo. */
  readonly undone: readonly Step[];
  /** Whether the next edit starts a new step even if it has the same gesture. */
  readonly sealed: boolean;
}

/** Description of an edit. */
export interface StepName {
  /** "Add Dense", "Freeze 12 layers". */
  readonly label: string;
  /** Appended to the label: " to 'hidden'". The last edit of a gesture sets it. */
  readonly outcome?: string | undefined;
  /** Consecutive edits with the same gesture are one step: 'param:dense:units'. */
  readonly gesture?: string | undefined;
}

/** One undo step. */
export interface Step extends StepName, PatchPair {}

export function createHistory<Documents>(documents: Documents): History<Documents> {
  return { documents, done: [], undone: [], sealed: true };
}

/**
 * Adds a step to these documents. An edit with the gesture of the last step is merged into it, unless
 * `seal` or an undo came between. A step without a net change is removed.
 */
export function perform<Documents>(
  history: History<Documents>,
  documents: Documents,
  { label, outcome, gesture }: StepName,
): History<Documents> {
  const last = history.done.at(-1);
  const joined = !history.sealed && gesture !== undefined && last?.gesture === gesture ? last : null;
  const earlier = joined === null ? history.done : history.done.slice(0, -1);
  const before = joined === null ? history.documents : applyPatch(history.documents, joined.backward);
  const { forward, backward } = differenceOf(before, documents);
  if (forward.length === 0 || (joined !== null && sameJson(before, documents))) {
    return joined === null ? history : { documents: before, done: earlier, undone: [], sealed: true };
  }
  const step: Step = {
    label: joined?.label ?? label,
    outcome: outcome ?? joined?.outcome,
    gesture,
    forward,
    backward,
  };
  return { documents: applyPatch(before, forward), done: [...earlier, step], undone: [], sealed: false };
}

/** Ends the current gesture, for example when a field loses focus or a drag ends. */
export function seal<Documents>(history: History<Documents>): History<Documents> {
  return history.sealed ? history : { ...history, sealed: true };
}

/** @returns The same history if there is nothing to undo. */
export function undo<Documents>(history: History<Documents>): History<Documents> {
  const step = history.done.at(-1);
  if (step === undefined) return history;
  const documents = applyPatch(history.documents, step.backward);
  return { documents, done: history.done.slice(0, -1), undone: [...history.undone, step], sealed: true };
}

/** @returns The same history if there is nothing to redo. */
export function redo<Documents>(history: History<Documents>): History<Documents> {
  const step = history.undone.at(-1);
  if (step === undefined) return history;
  const documents = applyPatch(history.documents, step.forward);
  return { documents, done: [...history.done, step], undone: history.undone.slice(0, -1), sealed: true };
}

/** Undoes or redoes until `steps` steps are done. */
export function goTo<Documents>(history: History<Documents>, steps: number): History<Documents> {
  let now = history;
  while (now.done.length > Math.max(0, steps)) now = undo(now);
  while (now.done.length < steps && now.undone.length > 0) now = redo(now);
  return now;
}

export function undoLabel({ done }: History<unknown>): string | null {
  return labelOf(done.at(-1));
}

export function redoLabel({ undone }: History<unknown>): string | null {
  return labelOf(undone.at(-1));
}

/** Labels of all steps, oldest first: those done, then those undone. */
export function stepLabels({ done, undone }: History<unknown>): string[] {
  return [...done, ...undone.toReversed()].map(({ label, outcome = '' }) => `${label}${outcome}`);
}

function labelOf(step: Step | undefined): string | null {
  return step === undefined ? null : `${step.label}${step.outcome ?? ''}`;
}
