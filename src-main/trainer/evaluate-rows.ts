import type { CompiledModel } from '../../src-shared/compiler/compiled.ts';
import type { SplitName } from '../../src-shared/dataset/dataset-document.ts';
import type { EngineSession } from '../engines/engine.ts';
import { ReportSums } from './report-sums.ts';

/**
 * Adds up the reports of all rows of a split, in order.
 *
 * @param rows Rows of the split.
 * @param batchSize Rows per call.
 * @param between Called after each batch.
 */
export async function evaluateRows(
  session: EngineSession,
  model: CompiledModel,
  split: SplitName,
  rows: number,
  batchSize: number,
  between: () => Promise<void> = async () => {},
): Promise<ReportSums> {
  const sums = new ReportSums(model.metrics, model.reportLength);
  for (let start = 0; start < rows; start += batchSize) {
    const count = Math.min(batchSize, rows - start);
    const indices = Int32Array.from({ length: count }, (_, i) => start + i);
    sums.add(await session.evaluate(split, indices), 0, count);
    await between();
  }
  return sums;
}
