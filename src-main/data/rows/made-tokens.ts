import { splitNames, type MadeTarget, type SplitName } from '../../../src-shared/data/dataset-document.ts';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import { partNumber } from '../tables/random.ts';
import { columnOf, type NumericColumn, type Table } from '../tables/table.ts';
import type { SplitRows } from './split-rows.ts';

export type MadeTokens = Extract<MadeTarget, { tokens: readonly string[] }>;

export interface TokenExamples {
  /** Row of each example in the source's table. */
  readonly rows: Int32Array;
  /** Split of each example. */
  readonly splits: readonly SplitName[];
  /** The token to predict. */
  readonly classes: Int32Array;
  /** The columns of tokens, as the model reads them. */
  readonly columns: readonly NumericColumn[];
}

/** Most examples of a row. */
const PER_ROW = 4;
const PADDING = 0;

/**
 * Selects up to four tokens of each row at random, from the seed and the row number. Each selected token becomes one
 * example that predicts it.
 *
 * - 'masked-token': the token becomes 0.
 * - 'next-token': the token and those after it are left out; those before it move to the end, after zeros, as Keras's
 *   `pad_sequences` pads. The first token of a row is not predicted.
 *
 * A row without such a token gives no example.
 *
 * @throws AppError `dataset/index-out-of-range` naming column and row, `dataset/no-tokens`.
 */
export function tokenExamples(source: Table, splits: SplitRows, made: MadeTokens): TokenExamples {
  const columns = made.tokens.map((name) => columnOf(source, name) as NumericColumn);
  const [rows, names, classes]: [number[], SplitName[], number[]] = [[], [], []];
  const values = columns.map((): number[] => []);
  for (const split of splitNames) {
    for (const row of splits[split]) {
      const tokens = columns.map((column) => tokenAt(column, row, made.vocabulary, source));
      for (const place of drawnPlaces(tokens, row, made)) {
        rows.push(row);
        names.push(split);
        classes.push(tokens[place]!);
        shown(tokens, place, made.kind).forEach((token, index) => values[index]!.push(token));
      }
    }
  }
  if (!names.includes('train')) {
    throw new AppError(
      'dataset/no-tokens',
      `Expected training rows with ${made.kind === 'next-token' ? 'two or more tokens' : 'a token'} other than 0, which is padding; received none. Choose other data or another target.`,
    );
  }
  return {
    rows: Int32Array.from(rows),
    splits: names,
    classes: Int32Array.from(classes),
    columns: columns.map(({ name }, index) => ({ kind: 'numeric', name, values: Float64Array.from(values[index]!) })),
  };
}

function tokenAt({ name, values }: NumericColumn, row: number, vocabulary: number, source: Table): number {
  const token = values[row]!;
  if (Number.isInteger(token) && token >= 0 && token < vocabulary) return token;
  throw new AppError(
    'dataset/index-out-of-range',
    `Column '${name}', ${source.locate(row)}: expected a token, a whole number from 0 to ${vocabulary - 1}; received ${Number.isNaN(token) ? 'nothing' : token}. Raise the Input size of the Embedding (input_dim in Keras), or leave such rows out.`,
    { column: name, row },
  );
}

/** Places of the tokens to predict, in drawn order. */
function drawnPlaces(tokens: readonly number[], row: number, { kind, seed }: MadeTokens): number[] {
  const present = tokens.flatMap((token, place) => (token === PADDING ? [] : [place]));
  const candidates = kind === 'next-token' ? present.slice(1) : present;
  const count = Math.min(PER_ROW, candidates.length);
  for (let drawn = 0; drawn < count; drawn++) {
    const other = drawn + Math.floor(partNumber(row, seed, 'tokens', 0, drawn) * (candidates.length - drawn));
    [candidates[drawn], candidates[other]] = [candidates[other]!, candidates[drawn]!];
  }
  return candidates.slice(0, count);
}

/** The row without the token to predict. */
function shown(tokens: readonly number[], place: number, kind: MadeTokens['kind']): number[] {
  if (kind === 'masked-token') return tokens.with(place, PADDING);
  return [...new Array<number>(tokens.length - place).fill(PADDING), ...tokens.slice(0, place)];
}
