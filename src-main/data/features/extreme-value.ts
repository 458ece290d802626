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
