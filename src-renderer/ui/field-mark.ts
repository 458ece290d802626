import { getContext, setContext } from 'svelte';

/** A word next to a field's label that says when an edit applies. */
export interface FieldMark {
  readonly word: string;
  /** Explains the word in one sentence: its tooltip and the field's description. */
  readonly hint: string;
  readonly tone: 'quiet' | 'accent';
}

const KEY = Symbol('field mark');

/** Marks the fields inside the calling component that have no mark of their own. @param mark Null: none. */
export function provideFieldMark(mark: () => FieldMark | null): void {
  setContext(KEY, mark);
}

export function useFieldMark(): () => FieldMark | null {
  return getContext<(() => FieldMark | null) | undefined>(KEY) ?? (() => null);
}
