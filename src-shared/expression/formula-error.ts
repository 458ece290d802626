/** A formula that cannot be read: what was expected, what was received, what to do, and where. */
export class FormulaError extends Error {
  /** Where in the text, counted from 0. */
  readonly position: number;

  /** @param words The message without the place. */
  constructor(position: number, words: string) {
    super(`At character ${position + 1}: ${words}`);
    this.name = 'FormulaError';
    this.position = position;
  }
}
