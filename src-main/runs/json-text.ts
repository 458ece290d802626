import { AppError } from '../../src-shared/errors/app-error.ts';

/**
 * A value as JSON text that parses to the same value.
 *
 * @throws AppError 'runs/not-finite' for NaN and Infinity: JSON writes them as null, which makes the record unreadable.
 */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, (key, part: unknown) => {
    if (typeof part !== 'number' || Number.isFinite(part)) return part;
    throw new AppError(
      'runs/not-finite',
      `Expected finite numbers to record; received ${part} for '${key}'. Look for extreme values in the data, or lower the learning rate.`,
      { key },
    );
  });
}
