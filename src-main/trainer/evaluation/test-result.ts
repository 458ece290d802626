import type { CompiledModel } from '../../../src-shared/compiler/graph/compiled.ts';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import type { SplitName } from '../../../src-shared/data/dataset-document.ts';
import type { OutputResult, TestResult } from '../../../src-shared/training/run/run.ts';
import type { EngineSession, HostTensor } from '../../engines/interface/engine.ts';
import { hostExamples, type ExampleRows } from '../../engines/interface/example-rows.ts';
import { predict } from '../../engines/interface/model-calls.ts';
import { evaluateRows } from './evaluate-rows.ts';
import { endsTraining } from '../callbacks/stop-on-nan.ts';
import { leftOut, sortMetrics } from './finite-metrics.ts';
import type { MeasuredSpec } from './measures/reproduction-measures.ts';
import { measuresOf } from './measures/target-measures.ts';

/**
 * Evaluates a split with the session's current weights: loss and metrics as in training, and for each target the
 * confusion matrix of its classes, or its errors in its unit.
 *
 * @param split Must be loaded into the session and have examples.
 * @param examples The split's, on the host.
 * @param batchSize Rows per call.
 * @param warn Called for each metric that is NaN or infinite; the result leaves it out.
 * @param onProgress Called after each batch with the fraction done; what it throws ends the evaluation.
 * @throws AppError 'training/not-finite' if the loss is NaN or infinite.
 */
export async function testResult(
  session: EngineSession,
  model: CompiledModel,
  spec: MeasuredSpec,
  split: SplitName,
  examples: ExampleRows,
  batchSize: number,
  warn: (message: string) => void = () => {},
  onProgress: (fraction: number) => Promise<void> = async () => {},
): Promise<TestResult> {
  const rows = examples.y.rows.length;
  // Half of the work is the metrics, half the predictions.
  let evaluated = 0;
  const sums = await evaluateRows(session, model, split, rows, batchSize, async () => {
    await onProgress((evaluated += batchSize) / rows / 2);
    return true;
  });
  const { finite: metrics, others } = sortMetrics(sums?.values() ?? {});
  for (const [name, value] of others) {
    if (endsTraining(name)) throw notFinite(split, name, value);
    warn(leftOut(name, value, `the ${split} split`));
  }
  const measures = measuresOf(model.outputs, spec, examples);
  for await (const { start, predictions } of predictRows(session, examples, batchSize)) {
    for (const measure of measures) measure.add(predictions[measure.place]!, start);
    await onProgress(0.5 + Math.min(rows, start + batchSize) / rows / 2);
  }
  const outputs = measures.map((measure) => finiteOutput(measure.result(), split, warn));
  return { metrics, rows, outputs };
}

/** A measure that overflows is left out, as a metric is. */
function finiteOutput(result: OutputResult, split: SplitName, warn: (message: string) => void): OutputResult {
  const entries = Object.entries(result).filter(([name, value]) => {
    if (typeof value !== 'number' || Number.isFinite(value)) return true;
    warn(leftOut(`${name} of '${result.target}'`, value, `the ${split} split`));
    return false;
  });
  return Object.fromEntries(entries) as OutputResult;
}

function notFinite(split: SplitName, metric: string, value: number): AppError {
  return new AppError(
    'training/not-finite',
    `The ${metric} on the ${split} split is ${value}; what was trained is kept. Look for extreme values in the ${split} rows, scale the inputs and a numeric target, or evaluate other weights.`,
    { split, metric },
  );
}

interface PredictedBatch {
  /** Row of the split that the batch begins with. */
  readonly start: number;
  /** One per output. */
  readonly predictions: readonly HostTensor[];
}

/** Predictions of all rows, batch by batch, with the draws that `evaluateRows` makes. */
export async function* predictRows(
  session: EngineSession,
  examples: ExampleRows,
  batchSize: number,
): AsyncGenerator<PredictedBatch> {
  const rows = examples.y.rows.length;
  for (let start = 0; start < rows; start += batchSize) {
    const batch = hostExamples(examples, start, Math.min(rows, start + batchSize));
    yield { start, predictions: await predict(session, batch, start / batchSize) };
  }
}
