import { columnWidth } from '../../../src-shared/data/column-places.ts';
import type { FeatureSpec } from '../../../src-shared/data/prepared.ts';
import { featureTensors } from '../../../src-shared/data/feature-tensors.ts';
import type { FeatureTensor } from '../../../src-shared/data/feature-tensors.ts';
import type { FeatureSplit, SplitTensor } from '../../engines/interface/engine.ts';
import { codecs } from '../columns/registry.ts';
import { columnOf, type TableRows } from '../tables/table.ts';

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

function encodeTensor(tensor: FeatureTensor, rows: TableRows, unseen: UnseenCounts): SplitTensor {
  const [first] = tensor.columns;
  if (first !== undefined && codecs[first.type].encodeAlone !== undefined) {
    return codecs[first.type].encodeAlone!(first, columnOf(rows.table, first.name), rows.rows);
  }
  const width = tensor.shape[0]!;
  const data = new Float32Array(rows.rows.length * width);
  let offset = 0;
  for (const column of tensor.columns) {
    const source = columnOf(rows.table, column.name);
    const unknown = codecs[column.type].encode!(column, source, rows, { data, offset, width });
    if (unknown > 0) unseen.set(column.name, (unseen.get(column.name) ?? 0) + unknown);
    offset += columnWidth(column);
  }
  return { dtype: 'float32', shape: [rows.rows.length, width], data };
}
