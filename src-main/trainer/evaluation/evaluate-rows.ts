import type { CompiledModel } from '../../../src-shared/compiler/graph/compiled.ts';
import type { SplitName } from '../../../src-shared/data/dataset-document.ts';
import type { EngineSession } from '../../engines/interface/engine.ts';
import { evaluate } from '../../engines/interface/model-calls.ts';
import { ReportSums } from './report-sums.ts';

/**
 * Adds up the reports of all rows of a split, in order.
 *
 * @param rows Rows of the split.
 * @param batchSize Rows per call.
 * @param continues Called after each batch; false ends the evaluation.
 * @param run Evaluates rows of the split, as `evaluate`.
 * @returns Null if it was ended before the last row.
 */
export async function evaluateRows(
  session: EngineSession,
  model: CompiledModel,
  split: SplitName,
  rows: number,
  batchSize: number,
  continues: () => Promise<boolean> = async () => true,
  run = (indices: Int32Array, draw: number): Promise<Float32Array> => evaluate(session, split, indices, draw),
): Promise<ReportSums | null> {
  const sums = new ReportSums(model.metrics, model.reportLength);
  for (let start = 0; start < rows; start += batchSize) {
    const count = Math.min(batchSize, rows - start);
    const indices = Int32Array.from({ length: count }, (_, i) => start + i);
    // Each batch has its own draw, the same in every evaluation of the split.
    sums.add(await run(indices, start / batchSize), 0, count);
    if (start + count < rows && !(await continues())) return null;
  }
  return sums;
}
