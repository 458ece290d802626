import { splitNames, type SplitName } from '../../../src-shared/data/dataset-document.ts';
import { featureTensors } from '../../../src-shared/data/feature-tensors.ts';
import type { FeatureSpec, FittedColumn } from '../../../src-shared/data/prepared.ts';
import { targetColumns } from '../../../src-shared/data/target-columns.ts';
import type { DataArray, InputRows, SessionData } from '../../engines/interface/engine.ts';
import { codecs } from '../columns/registry.ts';
import type { TableRows } from '../tables/table.ts';
import { encodeItems, type ItemInput } from './encode-items.ts';
import { encodeTable, type UnseenCounts } from './encode-table.ts';
import { encodeTargets } from './encode-targets.ts';

export interface EncodedExamples {
  readonly examples: SessionData;
  /** Values that no training row has, by split. */
  readonly unseen: ReadonlyMap<SplitName, UnseenCounts>;
}

/**
 * Encodes the rows of all splits into one array per tensor. Example numbers follow the splits: first all training rows,
 * then validation and test rows, each in their order. Each picture is encoded once, also if rows and columns share it.
 *
 * @param splits Rows of one table.
 * @param beforeSplit Called before the rows of a split are encoded; may throw to stop.
 * @throws AppError as `encodeTable` and `encodeTargets`; the first error in the order of the splits.
 */
export function encodeExamples(
  spec: FeatureSpec,
  splits: Readonly<Record<SplitName, TableRows>>,
  beforeSplit: (name: SplitName) => void = () => {},
): EncodedExamples {
  const numbers = numbersOf(splits);
  const count = splitNames.reduce((sum, name) => sum + numbers[name].length, 0);
  const arrays: Record<string, DataArray> = {};
  const inputs: Record<string, InputRows> = {};
  const ofItems: ItemInput[] = [];
  const tables: { columns: readonly FittedColumn[]; data: Float32Array; width: number }[] = [];
  for (const { input, shape, columns } of featureTensors(spec)) {
    inputs[input] = { array: input, rows: null };
    const [column] = columns;
    if (column !== undefined && codecs[column.type].items !== undefined) {
      ofItems.push({ input, column });
      continue;
    }
    const width = shape[0]!;
    const data = new Float32Array(count * width);
    arrays[input] = { dtype: 'float32', shape: [count, width], data };
    tables.push({ columns, data, width });
  }
  const items = encodeItems(ofItems, allRows(splits, count));
  const { dtype, count: width } = targetColumns(spec);
  const y = dtype === 'int32' ? new Int32Array(count * width) : new Float32Array(count * width);
  const unseen = new Map<SplitName, UnseenCounts>();
  let first = 0;
  for (const name of splitNames) {
    beforeSplit(name);
    const rows = splits[name];
    const end = first + rows.rows.length;
    const ofSplit: UnseenCounts = new Map();
    for (const { columns, data, width: size } of tables) {
      encodeTable(columns, rows, data.subarray(first * size, end * size), ofSplit);
    }
    y.set(encodeTargets(spec, rows).data, first * width);
    unseen.set(name, ofSplit);
    first = end;
  }
  Object.assign(arrays, items.arrays, { y: { dtype, shape: [count, width], data: y } });
  Object.assign(inputs, items.inputs);
  const { x, ...further } = inputs;
  return {
    examples: { arrays, inputs: { x: x!, ...further, y: { array: 'y', rows: null } }, splits: numbers },
    unseen,
  };
}

function numbersOf(splits: Readonly<Record<SplitName, TableRows>>): Record<SplitName, Int32Array> {
  let next = 0;
  const ofSplit = (name: SplitName): Int32Array => Int32Array.from(splits[name].rows, () => next++);
  return { train: ofSplit('train'), validation: ofSplit('validation'), test: ofSplit('test') };
}

function allRows(splits: Readonly<Record<SplitName, TableRows>>, count: number): TableRows {
  const rows = new Int32Array(count);
  let first = 0;
  for (const name of splitNames) {
    rows.set(splits[name].rows, first);
    first += splits[name].rows.length;
  }
  return { table: splits.train.table, rows };
}
