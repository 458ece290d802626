import { AppError } from '../../../src-shared/errors/app-error.ts';
import { columnTypeOf } from '../../../src-shared/data/columns/registry.ts';
import { splitNames, type DatasetDocument, type SplitName } from '../../../src-shared/data/dataset-document.ts';
import type { PrepareOptions } from './dataset.ts';
import { withoutMadeTarget } from '../../../src-shared/data/made-target.ts';
import { pairsOf, withoutPairs } from '../../../src-shared/data/pairs.ts';
import { makeExamples } from './made-target.ts';
import { drawPairs, type DrawnPairs } from './pairs.ts';
import { pickColumn, readSource } from './read-source.ts';
import { checkFilterColumns, filteredColumns, filterRows } from './filter-rows.ts';
import { findRoles, type Roles } from './roles.ts';
import { splitRows, type SplitRows } from './split-rows.ts';
import { checkChosen } from '../formats/find-source.ts';
import { codecOf } from '../columns/registry.ts';
import { columnOf, type SourceTable, type Table, type TableRows } from '../tables/table.ts';

/** A source after reading and splitting, before fitting. */
export interface SplitSource {
  readonly roles: Roles;
  readonly splits: Readonly<Record<SplitName, TableRows>>;
  /** Training rows of the source, on which features are fitted, where examples are made of them; absent: those of `splits`. */
  readonly fitted?: TableRows;
  /** Names of all columns of the source. */
  readonly columns: readonly string[];
  /** Number of rows dropped because of a missing value. */
  readonly dropped: number;
  /** Number of rows that the filter leaves out. */
  readonly filtered: number;
  readonly warnings: readonly string[];
}

/**
 * Reads a document's source, drops incomplete rows as configured, and splits the others. Splits that the
 * source gives are used as given; the others are taken from its training rows, as the document says. Pairs are drawn
 * from the rows of each split, and made targets are made of them.
 */
export async function splitSource(
  document: DatasetDocument,
  projectFolder: string,
  options: PrepareOptions,
): Promise<SplitSource> {
  checkChosen(document);
  const roles = findRoles(document);
  const { made } = document;
  if (made !== undefined) {
    const read = { ...roles, targets: [], readsTargets: false };
    const { table, splits, ...counts } = await splitTable(withoutMadeTarget(document), projectFolder, read, options);
    const names = roles.features.map(({ name }) => name);
    const examples = makeExamples(table, splits, names, made);
    return {
      roles,
      splits: rowsOf(examples.table, examples.splits),
      fitted: { table, rows: splits.train },
      columns: table.header,
      ...counts,
    };
  }
  if (pairsOf(document) === null) {
    const { table, splits, ...counts } = await splitTable(document, projectFolder, roles, options);
    return { roles, splits: rowsOf(table, splits), columns: table.header, ...counts };
  }
  const { pictures, drawn } = await splitPairs(document, projectFolder, options);
  const columns = document.columns.map((column) => pickColumn(drawn.table.columns, column));
  return {
    roles,
    splits: rowsOf({ ...drawn.table, columns }, drawn.splits),
    columns: drawn.table.columns.map(({ name }) => name),
    dropped: pictures.dropped,
    filtered: pictures.filtered,
    warnings: [...pictures.warnings, ...drawn.warnings],
  };
}

export interface PairsOfSource {
  readonly pictures: SplitTable;
  readonly drawn: DrawnPairs;
}

/**
 * Splits the pictures of a document with pairs and draws the pairs.
 *
 * @param options With `images: false` only classes are read.
 */
export async function splitPairs(
  document: DatasetDocument,
  projectFolder: string,
  { images = true, ...options }: PrepareOptions & { readonly images?: boolean },
): Promise<PairsOfSource> {
  const single = withoutPairs(document);
  const columns = single.columns.filter(({ role }) => images || role === 'target');
  const targets = columns.filter(({ role }) => role === 'target');
  const roles = {
    features: columns.filter(({ role }) => role === 'feature'),
    targets,
    readsTargets: true,
    weight: null,
  };
  const pictures = await splitTable({ ...single, columns }, projectFolder, roles, options);
  return { pictures, drawn: drawPairs(pictures.table, pictures.splits, document) };
}

function rowsOf(table: Table, { train, validation, test }: SplitRows): SplitSource['splits'] {
  return { train: { table, rows: train }, validation: { table, rows: validation }, test: { table, rows: test } };
}

interface SplitTable extends Pick<SplitSource, 'dropped' | 'filtered' | 'warnings'> {
  readonly table: SourceTable;
  readonly splits: SplitRows;
}

/** Splits the rows of a document without pairs. */
async function splitTable(
  document: DatasetDocument,
  projectFolder: string,
  roles: Roles,
  options: PrepareOptions,
): Promise<SplitTable> {
  checkFilterColumns(document);
  const named = filteredColumns(document);
  const table = await readSource(document, projectFolder, {
    keep: (column) => column.role !== 'ignored' || named.has(column.name),
    badNumber: 'throw',
    onProgress: (fraction) => options.onProgress?.(fraction, 'Reading data'),
    signal: options.signal,
  });
  const kept = filterRows(table, document.filter ?? []);
  const given = givenRows(table, kept);
  const usable = completeRows(table, given.train, roles);
  const stratified = roles.targets.find((column) => columnTypeOf(column).hasClasses) ?? roles.targets[0];
  const fractions = {
    ...document.split,
    ...(given.validation === null ? {} : { validation: 0 }),
    ...(given.test === null ? {} : { test: 0 }),
  };
  const divided = splitRows(
    usable,
    fractions,
    document.split.stratify && roles.readsTargets ? columnOf(table, stratified!.name) : null,
  );
  const rowsIn = (name: SplitName): Int32Array => {
    const own = name === 'train' ? null : given[name];
    return own === null ? divided[name] : completeRows(table, own, roles);
  };
  const splits = { train: divided.train, validation: rowsIn('validation'), test: rowsIn('test') };
  const used = divided.train.length + divided.validation.length + divided.test.length;
  const complete =
    usable.length +
    (given.validation === null ? 0 : splits.validation.length) +
    (given.test === null ? 0 : splits.test.length);
  return {
    table,
    splits,
    dropped: kept.length - complete,
    filtered: table.rows - kept.length,
    warnings: [...table.warnings, ...leftOver(usable.length, used)],
  };
}

/**
 * The kept rows of each split that the source gives; null: it does not give this split. All rows are training rows if it
 * gives none.
 */
function givenRows(
  { given }: SourceTable,
  kept: Int32Array,
): { train: Int32Array; validation: Int32Array | null; test: Int32Array | null } {
  if (given === null) return { train: kept, validation: null, test: null };
  const rowsIn = (name: SplitName): Int32Array => kept.filter((row) => given[row] === splitNames.indexOf(name));
  const givenRowsIn = (name: SplitName): Int32Array | null =>
    given.includes(splitNames.indexOf(name)) ? rowsIn(name) : null;
  return { train: rowsIn('train'), validation: givenRowsIn('validation'), test: givenRowsIn('test') };
}

/**
 * Those of `candidates`, which may be none, with values in all targets if they are read, the weight, image features and the columns with
 * `missing: 'drop-row'`.
 */
function completeRows(table: Table, candidates: Int32Array, roles: Roles): Int32Array {
  const required = [
    ...(roles.readsTargets ? roles.targets : []).map((column) => columnOf(table, column.name)),
    ...(roles.weight === null ? [] : [columnOf(table, roles.weight.name)]),
    ...roles.features
      .filter(
        (column) =>
          column.missing === 'drop-row' || !columnTypeOf(column).missing.some((policy) => policy !== 'drop-row'),
      )
      .map((column) => columnOf(table, column.name)),
  ];
  const complete = candidates.filter((row) => !required.some((column) => codecOf(column).isMissing(column, row)));
  if (complete.length > 0 || candidates.length === 0) return complete;
  throw new AppError(
    'dataset/no-rows',
    `Expected rows with a value in ${required.map((column) => `'${column.name}'`).join(', ')}; all ${candidates.length} rows have a missing value. Fill missing values instead of dropping rows, or ignore the empty column.`,
    { rows: candidates.length },
  );
}

function leftOver(rows: number, used: number): string[] {
  return rows === used
    ? []
    : [
        `${(rows - used).toLocaleString('en')} of ${rows.toLocaleString('en')} rows are in no split: the sum of the fractions is below 1.`,
      ];
}
