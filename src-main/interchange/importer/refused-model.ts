import { AppError } from '../../../src-shared/errors/app-error.ts';
import type { ImportReport } from '../../../src-shared/interchange/import-report.ts';
import { layerRows } from '../../../src-shared/interchange/layer-rows.ts';

/** Longer reports of refused files are cut. */
const MOST_ROWS = 2000;

/** The error of a file with parts that cannot be layers. All of them, and all layers, are in its details. */
export function refusedModel({ layers, losses }: ImportReport): AppError {
  const all = losses.filter(({ severity }) => severity === 'refused');
  const more = all.length > 1 ? ` (and ${all.length - 1} more)` : '';
  return new AppError('model-file/refused', `The model cannot be opened. ${all[0]!.message}${more}`, {
    losses: all.slice(0, 50).map((loss) => ({ ...loss })),
    rows: layerRows(layers.slice(0, MOST_ROWS), null, losses).map((row) => ({ ...row })),
  });
}
