import type { Column } from '../../../../src-shared/data/dataset-document.ts';
import { codecs } from '../../columns/registry.ts';
import type { ReadOptions } from '../interface/data-format.ts';
import type { NumericColumn, TableColumn } from '../../tables/table.ts';

/** A column whose file has a type for its values, so that no type is guessed from texts. */
export interface TypedColumn {
  readonly name: string;
  /** NaN or null: missing. */
  readonly values: Float64Array | readonly (string | null)[];
  /** What is not exact: 'x: 3 whole numbers above 2^53 are rounded'. Absent: all values are. */
  readonly warning?: string | undefined;
}

/**
 * A column as the document wants it: numbers as categories are written as JavaScript writes them, texts as numbers are
 * read as in a text table.
 *
 * @throws AppError `dataset/not-a-number` naming the row (from 1) as a line.
 */
export function typedColumn(
  path: string,
  { name, values, warning }: TypedColumn,
  { type }: Pick<Column, 'type'>,
  badNumber: ReadOptions['badNumber'],
): TableColumn {
  const own = values instanceof Float64Array ? numericColumn(name, values, warning) : categories(name, values);
  const builder = own.kind === type ? undefined : codecs[type].build?.({ path, name, badNumber });
  if (builder === undefined) return own;
  values.forEach((value: number | string | null, row: number) =>
    builder.add(value === null ? '' : String(value), row + 1),
  );
  return builder.finish();
}

const numericColumn = (name: string, values: Float64Array, warning: string | undefined): NumericColumn => ({
  kind: 'numeric',
  name,
  values,
  ...(warning === undefined ? {} : { warning }),
});

/** Texts stay as they are: 'NA' is a category. */
function categories(name: string, texts: readonly (string | null)[]): TableColumn {
  const known: string[] = [];
  const codeOf = new Map<string, number>();
  const codes = Int32Array.from(texts, (text) => {
    if (text === null) return -1;
    let code = codeOf.get(text);
    if (code === undefined) {
      code = known.length;
      codeOf.set(text, code);
      known.push(text);
    }
    return code;
  });
  return { kind: 'categorical', name, codes, categories: known };
}
