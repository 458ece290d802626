import { AppError } from '../../src-shared/errors/app-error.ts';

/**
 * A value as JSON text that reads back as it was.
 *
 * @throws AppError 'runs/not-finite' for NaN and Infinity: JSON would make them null, and the record unreadable.
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
