import type { History, Step } from '../../src-shared/document/history/history.ts';

/** What goes back and forth with a step of the model's history, though it is kept elsewhere. */
export interface Companion {
  undone(): void;
  redone(): void;
}

/** Companions of steps; told where undo and redo take their steps away and bring them back. */
export class Companions {
  readonly #ofStep = new WeakMap<Step, Companion>();

  /** Gives the last step done a companion. */
  accompany(history: History, companion: Companion): void {
    const step = history.done.at(-1);
    if (step !== undefined) this.#ofStep.set(step, companion);
  }

  follow(before: History, after: History): void {
    let same = Math.min(before.done.length, after.done.length);
    while (same > 0 && before.done[same - 1] !== after.done[same - 1]) same--;
    for (const step of before.done.slice(same).toReversed()) this.#ofStep.get(step)?.undone();
    for (const step of after.done.slice(same)) this.#ofStep.get(step)?.redone();
  }
}
