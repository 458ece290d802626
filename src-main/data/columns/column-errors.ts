import { AppError } from '../../../src-shared/errors/app-error.ts';

/** Approximate maximum of float32, in which models compute. */
const LARGEST = 3.4e38;

/** Error for a number that overflows float32 after scaling, or makes its column's statistics overflow. */
export function extremeValue(column: string, value: number, place: string): AppError {
  return new AppError(
    'dataset/extreme-value',
    `Column '${column}', ${place}: expected numbers in the range of 32-bit floats (up to ${LARGEST}); received ${value}. Correct the value, or ignore the column.`,
    { column, value, place },
  );
}

export function emptyColumn(name: string): AppError {
  return new AppError(
    'dataset/empty-column',
    `Column '${name}': expected a value in at least one training row; all are missing. Ignore the column.`,
    { column: name },
  );
}

/** Error for a cell of a row for prediction. @param place "Row 3, 'age'". */
export function badValue(place: string, expected: string, received: string): AppError {
  return new AppError('dataset/bad-value', `${place}: expected ${expected}; received ${received}. Correct the value.`, {
    place,
    expected,
    received,
  });
}
