/** A syntax error in a formula. */
export class FormulaError extends Error {
  /** Index in the text, from 0. */
  readonly position: number;

  /** @param message Without the position, which is put before it. */
  constructor(position: number, message: string) {
    super(`At character ${position + 1}: ${message}`);
    this.name = 'FormulaError';
    this.position = position;
  }
}
