import { getContext, setContext } from 'svelte';

/** A word next to a field's label that says when an edit counts. */
export interface FieldMark {
  readonly word: string;
  /** The same in one sentence, shown on hover and read with the field. */
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
