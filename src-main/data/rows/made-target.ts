import { splitNames, type MadeTarget, type SplitName } from '../../../src-shared/data/dataset-document.ts';
import { madeClasses, noiseClasses } from '../../../src-shared/data/made-target.ts';
import type { TargetSpec } from '../../../src-shared/data/prepared.ts';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import { codecOf } from '../columns/registry.ts';
import { partNumber } from '../tables/random.ts';
import { columnOf, type CategoricalColumn, type Table, type TableColumn, type TableRows } from '../tables/table.ts';
import { tokenExamples } from './made-tokens.ts';
import type { SplitRows } from './split-rows.ts';

export interface MadeExamples {
  /** A row per example, with the made target. */
  readonly table: Table;
  /** Rows of this table. */
  readonly splits: SplitRows;
}

/** Where the examples of all splits come from, and their classes. */
interface Origins {
  /** Row of each example in the source's table. */
  readonly rows: Int32Array;
  /** Split of each example. */
  readonly splits: readonly SplitName[];
  /** Index in `madeClasses`. */
  readonly classes: Int32Array;
}

/**
 * Makes examples with a target from the rows of each split. They depend on the rows of their split only.
 *
 * - 'rotation': each row four times, its pictures turned counter-clockwise by 0, 1, 2 and 3 quarter turns.
 *   Source: Gidaris et al., ICLR (2018).
 * - 'noise': each row, and a row of noise: each value, and each pixel of a picture, is that of a row that is drawn for
 *   it, so that values are distributed as in the data and independent of each other.
 *   Source: Breiman, Machine Learning 45 (2001), section 9, of unsupervised forests.
 * - tokens: see `made-tokens.ts`.
 *
 * @param features Names of the columns that are turned or drawn.
 * @throws AppError `dataset/no-pictures`, `dataset/not-square`, `dataset/no-noise`, those of `tokenExamples`.
 */
export function makeExamples(
  source: Table,
  splits: SplitRows,
  features: readonly string[],
  made: MadeTarget,
): MadeExamples {
  const own = source.columns.filter(({ name }) => features.includes(name));
  const { origins, values } = valuesOf(source, own, splits, made);
  const isMade = new Set(values.map(({ name }) => name));
  const others = source.columns.filter(({ name }) => !isMade.has(name));
  const target: CategoricalColumn = {
    kind: 'categorical',
    name: made.column,
    codes: origins.classes,
    categories: madeClasses(made),
  };
  const numbers = (split: SplitName): Int32Array =>
    Int32Array.from(origins.splits.flatMap((name, example) => (name === split ? [example] : [])));
  return {
    table: {
      rows: origins.rows.length,
      columns: [...values, ...others.map((column) => codecOf(column).atRows(column, origins.rows)), target],
      locate: (row) => source.locate(origins.rows[row]!),
    },
    splits: { train: numbers('train'), validation: numbers('validation'), test: numbers('test') },
  };
}

/** Columns whose values are made, and where they come from. */
function valuesOf(
  source: Table,
  features: readonly TableColumn[],
  splits: SplitRows,
  made: MadeTarget,
): { readonly origins: Origins; readonly values: readonly TableColumn[] } {
  if (made.kind === 'rotation') {
    const origins = originsOf(splits, madeClasses(made).length);
    return { origins, values: turnedColumns(features, origins) };
  }
  if (made.kind === 'noise') {
    const origins = originsOf(splits, noiseClasses.length);
    return { origins, values: noiseColumns(features, splits, origins, made.seed) };
  }
  const { columns, ...origins } = tokenExamples(source, splits, made);
  return { origins, values: columns };
}

/** @param training Made rows. */
export function madeTargetSpec(made: MadeTarget, { table, rows }: TableRows): TargetSpec {
  const classes = madeClasses(made);
  const counts = classes.map(() => 0);
  const { codes } = columnOf(table, made.column) as CategoricalColumn;
  for (const row of rows) counts[codes[row]!]!++;
  return { kind: 'classes', name: made.column, classes, counts };
}

/** Examples in the order of the splits and rows; those of a row follow each other, one of each class. */
function originsOf(splits: SplitRows, perRow: number): Origins {
  const count = perRow * splitNames.reduce((sum, name) => sum + splits[name].length, 0);
  const rows = new Int32Array(count);
  const names: SplitName[] = [];
  for (const name of splitNames) {
    for (const row of splits[name]) for (let i = 0; i < perRow; i++) rows[names.push(name) - 1] = row;
  }
  return { rows, splits: names, classes: rows.map((_, example) => example % perRow) };
}

function turnedColumns(columns: readonly TableColumn[], { rows, classes }: Origins): TableColumn[] {
  if (columns.every((column) => codecOf(column).turned === undefined)) {
    throw new AppError(
      'dataset/no-pictures',
      `Expected a column with pictures, which are rotated; received ${columns.map(({ name }) => `'${name}'`).join(', ')}. Choose another target.`,
    );
  }
  return columns.map((column) => {
    const codec = codecOf(column);
    return codec.turned?.(column, rows, classes) ?? codec.atRows(column, rows);
  });
}

function noiseColumns(
  columns: readonly TableColumn[],
  splits: SplitRows,
  { rows, splits: names, classes }: Origins,
  seed: number,
): TableColumn[] {
  const single = splitNames.find((name) => splits[name].length === 1);
  if (single !== undefined) {
    throw new AppError(
      'dataset/no-noise',
      `Expected two or more ${single} rows, between which values are drawn; received one. Change the split, or use more rows.`,
      { split: single },
    );
  }
  return columns.map((column, place) =>
    codecOf(column).mixed(column, rows.length, (example, part) => {
      const row = rows[example]!;
      if (noiseClasses[classes[example]!] === 'data') return row;
      const own = splits[names[example]!];
      return own[Math.floor(partNumber(row, seed, 'noise', place, part) * own.length)]!;
    }),
  );
}
