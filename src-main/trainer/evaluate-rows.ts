import type { CompiledModel } from '../../src-shared/compiler/graph/compiled.ts';
import type { SplitName } from '../../src-shared/data/dataset-document.ts';
import type { EngineSession } from '../engines/interface/engine.ts';
import { ReportSums } from './report-sums.ts';

/**
 * Adds up the reports of all rows of a split, in order.
 *
 * @param rows Rows of the split.
 * @param batchSize Rows per call.
 * @param goOn Asked after each batch; false ends it.
 * @returns Null where it was ended before all rows were seen.
 */
export async function evaluateRows(
  session: EngineSession,
  model: CompiledModel,
  split: SplitName,
  rows: number,
  batchSize: number,
  goOn: () => Promise<boolean> = async () => true,
): Promise<ReportSums | null> {
  const sums = new ReportSums(model.metrics, model.reportLength);
  for (let start = 0; start < rows; start += batchSize) {
    const count = Math.min(batchSize, rows - start);
    const indices = Int32Array.from({ length: count }, (_, i) => start + i);
    // Each batch has a draw of its own, the same whenever the split is evaluated.
    sums.add(await session.evaluate(split, indices, start / batchSize), 0, count);
    if (start + count < rows && !(await goOn())) return null;
  }
  return sums;
}
