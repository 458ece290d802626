import { readFixture } from './keras-fixtures.ts';
import type { EncodedArray, KerasFixture } from './keras-fixtures.ts';

/** A short training, and its evaluation over several batches. */
export interface LossFixture extends KerasFixture {
  readonly name: string;
  /** Loss and metrics of all rows, by batches of `batchSize`. */
  readonly streamed: EncodedArray;
}

/** Losses, metrics and formulas, written by make_loss_fixtures.py and make_formula_fixtures.py. */
export function lossFixtures(): { readonly name: string; readonly fixture: LossFixture }[] {
  const files = ['losses.json', 'formulas.json'];
  const cases = files.flatMap((file) => readFixture<{ cases: readonly LossFixture[] }>(file).cases);
  return cases.map((fixture) => ({ name: fixture.name, fixture }));
}
