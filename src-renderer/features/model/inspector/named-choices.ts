import { constraintArguments, constraintFormulas } from '../../../../src-shared/layers/weights/constraint.ts';
import { initializerArguments } from '../../../../src-shared/layers/weights/initializer.ts';
import type { ArgumentTable } from '../../../../src-shared/layers/weights/named-arguments.ts';
import { regularizerArguments, regularizerFormulas } from '../../../../src-shared/layers/weights/regularizer.ts';

/** What a field offers of initializers, regularizers or constraints. */
export interface NamedChoices {
  readonly table: ArgumentTable<string>;
  /** What each does, in one line with its formula. */
  readonly formulas: Readonly<Record<string, string>>;
  /** There may be none of them. */
  readonly optional: boolean;
}

export const namedChoices: Readonly<Record<'initializer' | 'regularizer' | 'constraint', NamedChoices>> = {
  initializer: { table: initializerArguments, formulas: {}, optional: false },
  regularizer: { table: regularizerArguments, formulas: regularizerFormulas, optional: true },
  constraint: { table: constraintArguments, formulas: constraintFormulas, optional: true },
};
