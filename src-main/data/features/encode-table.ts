import { columnWidth } from '../../../src-shared/data/column-places.ts';
import type { FeatureSpec, FittedColumn } from '../../../src-shared/data/prepared.ts';
import { featureTensors } from '../../../src-shared/data/feature-tensors.ts';
import type { FeatureTensor } from '../../../src-shared/data/feature-tensors.ts';
import type { FeatureSplit, SplitTensor } from '../../engines/interface/engine.ts';
import { extremeValue } from './extreme-value.ts';
import { columnOf, type TableRows } from '../rows/split-source.ts';
import { pictureAt, type CategoricalColumn, type NumericColumn, type Table } from '../tables/table.ts';

type NumericSpec = Extract<FittedColumn, { type: 'numeric' }>;
type CategoricalSpec = Extract<FittedColumn, { type: 'categorical' }>;
type ImageSpec = Extract<FittedColumn, { type: 'image' }>;

/** Number of values whose category is not in the training rows, by column. */
export type UnseenCounts = Map<string, number>;

/**
 * Encodes rows as a model's inputs, by name.
 *
 * Scaling, fills and categories come from `spec`, fitted on training rows, so other splits cannot
 * influence them. Categories that are not in the training rows become zeros and are counted in `unseen`.
 *
 * @param rows Row indices, length n, in output order.
 * @returns Table columns as float32 [n, featureCount]; byte images as uint8 [n, height, width, channels] with their
 *   offset and scale; other images as float32 of that shape.
 * @throws AppError `dataset/extreme-value` naming the row whose number is too large for float32.
 */
export function encodeFeatures(spec: FeatureSpec, rows: TableRows, unseen: UnseenCounts): FeatureSplit {
  const tensors = featureTensors(spec).map((tensor) => [tensor.input, encodeTensor(tensor, rows, unseen)] as const);
  return { x: tensors[0]![1], ...Object.fromEntries(tensors) };
}

function encodeTensor(tensor: FeatureTensor, { table, rows }: TableRows, unseen: UnseenCounts): SplitTensor {
  const [first] = tensor.columns;
  if (first?.type === 'image') return encodeImages(first, table, rows);
  const width = tensor.shape[0]!;
  const data = new Float32Array(rows.length * width);
  let offset = 0;
  for (const column of tensor.columns) {
    const source = columnOf(table, column.name);
    if (column.type === 'numeric') encodeNumeric(column, source as NumericColumn, { table, rows }, data, offset, width);
    if (column.type === 'categorical') {
      encodeCategorical(column, source as CategoricalColumn, rows, data, offset, width, unseen);
    }
    offset += columnWidth(column);
  }
  return { dtype: 'float32', shape: [rows.length, width], data };
}

function encodeNumeric(
  column: NumericSpec,
  source: NumericColumn,
  { table, rows }: TableRows,
  data: Float32Array,
  offset: number,
  width: number,
): void {
  for (let i = 0; i < rows.length; i++) {
    const value = source.values[rows[i]!]!;
    const present = Number.isNaN(value) ? column.fill! : value;
    const index = i * width + offset;
    data[index] = (present - column.offset) / column.scale;
    if (!Number.isFinite(data[index])) throw extremeValue(column.name, value, table.locate(rows[i]!));
  }
}

function encodeCategorical(
  column: CategoricalSpec,
  source: CategoricalColumn,
  rows: Int32Array,
  data: Float32Array,
  offset: number,
  width: number,
  unseen: UnseenCounts,
): void {
  const positions = Int32Array.from(source.categories, (category) => column.categories.indexOf(category));
  const fill = column.fill === null ? -1 : column.categories.indexOf(column.fill);
  let unknown = 0;
  for (let i = 0; i < rows.length; i++) {
    const code = source.codes[rows[i]!]!;
    const position = code < 0 ? fill : positions[code]!;
    if (position >= 0) data[i * width + offset + position] = 1;
    else unknown++;
  }
  if (unknown > 0) unseen.set(column.name, (unseen.get(column.name) ?? 0) + unknown);
}

function encodeImages(column: ImageSpec, table: Table, rows: Int32Array): SplitTensor {
  const source = columnOf(table, column.name);
  if (source.kind !== 'image')
    throw new Error(`Expected images in column '${column.name}'; received ${source.kind} data.`);
  const size = columnWidth(column);
  const { pixels } = source;
  const { offset, scale } = column;
  const shape = [rows.length, ...column.shape];
  if (pixels instanceof Uint8Array) {
    const data = new Uint8Array(rows.length * size);
    rows.forEach((row, i) => {
      const picture = pictureAt(source, row);
      data.set(pixels.subarray(picture * size, (picture + 1) * size), i * size);
    });
    return { dtype: 'uint8', shape, data, offset, scale };
  }
  const data = new Float32Array(rows.length * size);
  rows.forEach((row, i) => {
    const picture = pictureAt(source, row);
    for (let j = 0; j < size; j++) data[i * size + j] = (pixels[picture * size + j]! - offset) / scale;
  });
  return { dtype: 'float32', shape, data };
}
