import type { InputRow } from '../../../src-shared/contract/run-results.ts';
import { columnWidth } from '../../../src-shared/data/column-places.ts';
import type { FeatureSpec } from '../../../src-shared/data/prepared.ts';
import { featureTensors } from '../../../src-shared/data/feature-tensors.ts';
import { codecs } from '../columns/registry.ts';
import type { ExampleTensors } from '../../engines/interface/engine.ts';

export interface EncodedRows {
  /** float32 by input of the program. */
  readonly examples: ExampleTensors;
  /** For each row: warnings about categories that no training row has, which are encoded as zeros. */
  readonly warnings: readonly (readonly string[])[];
}

/**
 * Encodes single rows for prediction exactly as in training.
 *
 * @param read Columns that the model reads; others are not checked and encoded as 0. Absent: all.
 * @param rows Raw values by column name; null, absent, '', NA and so on are missing values.
 * @throws AppError `dataset/bad-value` or `dataset/missing-value` naming row, column and value.
 */
export function encodeRows(spec: FeatureSpec, rows: readonly InputRow[], read?: ReadonlySet<string>): EncodedRows {
  const tensors = featureTensors(spec).map(({ input, shape, columns }) => {
    const width = shape.reduce((product, size) => product * size, 1);
    return { input, shape: [rows.length, ...shape], columns, width, data: new Float32Array(rows.length * width) };
  });
  const warnings = rows.map((row, index) => {
    const ofRow: string[] = [];
    for (const { columns, width, data } of tensors) {
      let offset = index * width;
      for (const column of columns) {
        const place = rows.length === 1 ? `'${column.name}'` : `Row ${index + 1}, '${column.name}'`;
        const cell = Object.hasOwn(row, column.name) ? row[column.name] : undefined;
        const part = data.subarray(offset, offset + columnWidth(column));
        const warning =
          read?.has(column.name) === false ? null : codecs[column.type].encodeCell(column, cell, place, part);
        if (warning !== null) ofRow.push(warning);
        offset += part.length;
      }
    }
    return ofRow;
  });
  const [x, ...further] = tensors.map(({ input, shape, data }) => ({
    input,
    tensor: { dtype: 'float32', shape, data } as const,
  }));
  const others = Object.fromEntries(further.map(({ input, tensor }) => [input, tensor]));
  return { examples: { x: x!.tensor, ...others }, warnings };
}
