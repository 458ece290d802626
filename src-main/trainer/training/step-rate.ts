/** Minimum time that a rate covers, once that much has passed. */
const WINDOW_MS = 1_000;

/** Steps per second over the last second or two; the first step, which prepares the engine, does not count. */
export class StepRate {
  /** The last two marks, the older first; null before the first step. */
  #marks: { step: number; at: number }[] = [];
  #value: number | null = null;

  /** Null until two steps are known. */
  get value(): number | null {
    return this.#value;
  }

  /** @param at Milliseconds of a steady clock. */
  add(step: number, at: number): void {
    const [older, newer = older] = this.#marks;
    if (older === undefined || newer === undefined) {
      this.#marks = [{ step, at }];
      return;
    }
    if (step > older.step && at > older.at) this.#value = ((step - older.step) * 1000) / (at - older.at);
    if (at - newer.at >= WINDOW_MS) this.#marks = [newer, { step, at }];
  }
}
