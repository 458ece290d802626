import { pictureAt, type TableColumn } from './table.ts';

/** @returns A cell as JSON: null if missing, a flat list of pixels for an image. */
export function cellOf(column: TableColumn, row: number): string | number | null | number[] {
  if (column.kind === 'numeric') {
    const value = column.values[row]!;
    return Number.isNaN(value) ? null : value;
  }
  if (column.kind === 'categorical') {
    const code = column.codes[row]!;
    return code < 0 ? null : column.categories[code]!;
  }
  const size = column.shape[0] * column.shape[1] * column.shape[2];
  const picture = pictureAt(column, row);
  return picture < 0 ? null : Array.from(column.pixels.subarray(picture * size, (picture + 1) * size));
}
