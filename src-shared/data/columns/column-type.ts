import type { z } from 'zod';
import type { Column } from './column.ts';

/** What every fitted column has. */
export interface AnyFitted {
  readonly type: Column['type'];
  readonly name: string;
}

/** What a reproduced feature is as a target, besides its name and deviation. */
export type ReproducedAs =
  | { readonly kind: 'classes'; readonly classes: string[] }
  | { readonly kind: 'numeric'; readonly offset: number; readonly scale: number; readonly unit?: string };

/** Mean and variance of a tensor's encoded training rows, by place on its last axis. */
export interface EncodedStatistics {
  readonly mean: readonly number[];
  readonly variance: readonly number[];
}

/** What training recorded of a column of numbers. */
export interface FittedNumbers {
  /** Range of the training rows. */
  readonly min: number;
  readonly max: number;
  /** value' = (value - offset) / scale. */
  readonly offset: number;
  readonly scale: number;
  /** Replaces missing values; null: rows without a value were dropped. */
  readonly fill: number | null;
  readonly unit?: string | undefined;
}

/**
 * A type of column: everything that compiler, checks and window need to know of it. What reads, fits and encodes it is
 * in `src-main/data/columns`. No other code depends on the type of a column. Methods get columns of their own type.
 */
export interface ColumnType<Fitted extends AnyFitted = AnyFitted> {
  readonly type: Fitted['type'];
  /** What training records of a feature of this type. */
  readonly fitted: z.ZodType<Fitted>;
  /** For lists and messages: 'image'. */
  readonly label: string;
  /** With its article: 'an image'. */
  readonly oneValue: string;
  /** Whether its values are one of a list of texts: classes of a target, choices of a filter. */
  readonly hasClasses: boolean;
  readonly canBeTarget: boolean;
  readonly canBeWeight: boolean;
  /** Whether its features stand in one tensor with other columns. False: each column has its own. */
  readonly inTable: boolean;
  /** Whether a number can be compared with its values, a text, or nothing. */
  readonly comparedAs: 'number' | 'text' | null;
  /** How a person enters one value. */
  readonly field: 'number' | 'choice' | 'picture';
  /**
   * Whether a person may choose this type for a column that was taken for another.
   *
   * @param values `numbers`: all of them are numbers. `cells`: they stand in a table, whose texts may name pictures.
   */
  canReplace(guessed: Column['type'], values: { readonly numbers: boolean; readonly cells: boolean }): boolean;
  /** What can be done about missing values of a feature; the first is usual. */
  readonly missing: readonly Column['missing'][];
  /** Whether a document may have this policy; older ones have some that are not offered. */
  acceptsMissing(policy: Column['missing']): boolean;
  /** The first is usual. */
  readonly scaling: readonly Column['scaling'][];
  /** Shape of an encoded value in an example: [1], [categories], [height, width, channels]. */
  shapeOf(column: Fitted): number[];
  /** In a list of columns: '3 categories'. */
  inWords(column: Fitted): string;
  reproducedAs(column: Fitted): ReproducedAs;
  /** Variance of its encoded values over the training rows; 0 where they have no common one. @param start Its place in the tensor. */
  varianceOf(column: Fitted, statistics: EncodedStatistics, start: number): number;
  /** Whether some encoded values of training rows are certainly outside [0, 1]. */
  isBeyondUnit(column: Fitted, statistics: EncodedStatistics | undefined): boolean;
  /** Whether encoded values are about standardized, so that SELU keeps mean 0 and variance 1; one-hot columns count. */
  isStandardized(column: Fitted): boolean;
  /** Of a column of numbers; null: it has none. */
  numbersOf(column: Fitted): FittedNumbers | null;
  /** Texts to choose from; null: it has none. */
  choicesOf(column: Fitted): readonly string[] | null;
}
