import { lookUpsOf } from '../../../src-shared/diagnostics/checks/embedding-range.ts';
import { title } from '../../../src-shared/compiler/graph/graph.ts';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import { columnWidth } from '../../../src-shared/data/column-places.ts';
import { featureTensors } from '../../../src-shared/data/feature-tensors.ts';
import type { FeatureSpec } from '../../../src-shared/data/prepared.ts';
import type { ModelDocument } from '../../../src-shared/document/schema/model-document.ts';
import { rowLength, scalingOf, type ArrayRows } from '../../engines/interface/example-rows.ts';

/**
 * Checks that every Embedding has the rows that are looked up in it. Analysis checked the values of training rows; other
 * rows may have other values.
 *
 * @param examples By input of the program.
 * @param where Names an example: 'a validation row'.
 * @throws AppError `dataset/index-out-of-range` naming layer, value, column and row.
 */
export function checkIndices(
  document: ModelDocument,
  spec: FeatureSpec,
  examples: Readonly<Record<string, ArrayRows>>,
  where: (example: number) => string,
): void {
  for (const { node, size, part } of lookUpsOf(document, spec)) {
    const { array, rows } = examples[part.tensor]!;
    const { offset, scale } = scalingOf(array);
    const width = rowLength(array);
    const places = part.places ?? Array.from({ length: width }, (_, place) => place);
    for (const [example, row] of rows.entries()) {
      for (const place of places) {
        const value = (array.data[row * width + place]! - offset) / scale;
        const index = Math.trunc(value);
        if (index >= 0 && index < size) continue;
        throw new AppError(
          'dataset/index-out-of-range',
          `${title(node)} expected whole numbers from 0 to ${size - 1}; received ${value} from the column '${columnAt(spec, part.tensor, place)}' in ${where(example)}. Raise its Input size (input_dim in Keras), or leave such rows out.`,
        );
      }
    }
  }
}

/** Name of the column at an index in an example of a tensor. */
function columnAt(spec: FeatureSpec, input: string, place: number): string {
  const columns = featureTensors(spec).find((tensor) => tensor.input === input)?.columns ?? [];
  let start = 0;
  for (const column of columns) {
    start += columnWidth(column);
    if (place < start) return column.name;
  }
  return '';
}
