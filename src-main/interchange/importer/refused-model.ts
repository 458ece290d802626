import { AppError } from '../../../src-shared/errors/app-error.ts';
import type { ImportLoss } from '../../../src-shared/interchange/import-report.ts';

/** The error of a file with parts that cannot be layers. All of them are in its details. */
export function refusedModel(losses: readonly ImportLoss[]): AppError {
  const all = losses.filter(({ severity }) => severity === 'refused');
  const more = all.length > 1 ? ` (and ${all.length - 1} more)` : '';
  return new AppError('model-file/refused', `The model cannot be opened. ${all[0]!.message}${more}`, {
    losses: all.slice(0, 50).map((loss) => ({ ...loss })),
  });
}
