import { AppError } from '../../../src-shared/errors/app-error.ts';

/** The largest number that float32 holds; models compute in it. */
const LARGEST = 3.4e38;

/** A number that float32 cannot hold once it is scaled, or that makes its column's statistics overflow. */
export function extremeValue(column: string, value: number, place: string): AppError {
  return new AppError(
    'dataset/extreme-value',
    `Column '${column}', ${place}: expected numbers that 32-bit floats hold (up to ${LARGEST}); received ${value}. Correct the value, or ignore the column.`,
    { column, value, place },
  );
}
