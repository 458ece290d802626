import type { z } from 'zod';
import type { Column } from './column.ts';

/** What every fitted column has. */
export interface AnyFitted {
  readonly type: Column['type'];
  readonly name: string;
}

/** A feature as a reproduced target, without its name and deviation. */
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
 * A type of column: everything that the compiler, the checks and the window need to know of it. `src-main/data/columns`
 * reads, fits and encodes it. Except for code about picture files, other code does not compare types
 * (`test/architecture/column-types.test.ts`). Each method receives columns of this type.
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
  /** Whether its features share one tensor with other columns. False: each column has its own tensor. */
  readonly inTable: boolean;
  /** What its values can be compared with; null: nothing. */
  readonly comparedAs: 'number' | 'text' | null;
  /** How a person enters one value. */
  readonly field: 'number' | 'choice' | 'picture';
  /**
   * Whether a person may choose this type for a column for which another was guessed.
   *
   * @param values `numbers`: all are numbers. `cells`: they are cells of a table, whose texts may name pictures.
   */
  canReplace(guessed: Column['type'], values: { readonly numbers: boolean; readonly cells: boolean }): boolean;
  /** Offered policies for missing values of a feature; the first is the default. */
  readonly missing: readonly Column['missing'][];
  /** Whether a document may have this policy; older documents have some that are no longer offered. */
  acceptsMissing(policy: Column['missing']): boolean;
  /** Offered scalings; the first is the default. */
  readonly scaling: readonly Column['scaling'][];
  /** Shape of an encoded value in an example: [1], [categories], [height, width, channels]. */
  shapeOf(column: Fitted): number[];
  /** In a list of columns: '3 categories'. */
  inWords(column: Fitted): string;
  reproducedAs(column: Fitted): ReproducedAs;
  /** Variance of its encoded values over the training rows; 0 if it differs between channels. @param start Its index in the tensor. */
  varianceOf(column: Fitted, statistics: EncodedStatistics, start: number): number;
  /** Whether some encoded values of training rows are certainly outside [0, 1]. */
  isBeyondUnit(column: Fitted, statistics: EncodedStatistics | undefined): boolean;
  /** Whether encoded values are approximately standardized, so that SELU keeps mean 0 and variance 1; one-hot columns count. */
  isStandardized(column: Fitted): boolean;
  /** Null: not a column of numbers. */
  numbersOf(column: Fitted): FittedNumbers | null;
  /** Texts to choose from; null: values are not chosen from a list. */
  choicesOf(column: Fitted): readonly string[] | null;
}
