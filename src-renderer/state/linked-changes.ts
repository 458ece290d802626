import type { History, Step } from '../../src-shared/document/history/history.ts';

/** A change outside the model, undone and redone together with a step of the model's history. */
export interface LinkedChange {
  undone(): void;
  redone(): void;
}

/** Links changes to steps and calls them when undo or redo moves over their steps. */
export class LinkedChanges {
  readonly #ofStep = new WeakMap<Step, LinkedChange>();

  /** Links a change to the last step. */
  link(history: History, change: LinkedChange): void {
    const step = history.done.at(-1);
    if (step !== undefined) this.#ofStep.set(step, change);
  }

  follow(before: History, after: History): void {
    let same = Math.min(before.done.length, after.done.length);
    while (same > 0 && before.done[same - 1] !== after.done[same - 1]) same--;
    for (const step of before.done.slice(same).toReversed()) this.#ofStep.get(step)?.undone();
    for (const step of after.done.slice(same)) this.#ofStep.get(step)?.redone();
  }
}
