import type { CompiledModel } from '../../src-shared/compiler/compiled.ts';
import { AppError } from '../../src-shared/contract/app-error.ts';
import type { SplitName } from '../../src-shared/dataset/dataset-document.ts';
import type { TargetSpec } from '../../src-shared/dataset/prepared.ts';
import type { TestResult } from '../../src-shared/training/run.ts';
import type { EngineSession, HostTensor, SplitTensor, SplitTensors } from '../engines/engine.ts';
import { evaluateRows } from './evaluate-rows.ts';

/**
 * Evaluates a split with the session's present weights: loss and metrics as in training, then
 * for classes the confusion matrix, for numbers the errors in the target's own unit.
 *
 * @param split Must be loaded into the session and have rows.
 * @param tensors The same rows on the host.
 * @param batchSize Rows per call.
 * @throws AppError 'training/not-finite' where a metric is NaN or infinite.
 */
export async function testResult(
  session: EngineSession,
  model: CompiledModel,
  target: TargetSpec,
  split: SplitName,
  tensors: SplitTensors,
  batchSize: number,
): Promise<TestResult> {
  const rows = tensors.x.shape[0]!;
  const sums = await evaluateRows(session, model, split, rows, batchSize);
  const result = { metrics: sums?.values() ?? {}, rows };
  for (const [name, value] of Object.entries(result.metrics)) {
    if (!Number.isFinite(value)) throw notFinite(split, name, value);
  }
  const predictions = predictRows(session, tensors.x, batchSize);
  return target.kind === 'classes'
    ? { ...result, confusion: await confusion(predictions, tensors.y, target.classes.length) }
    : { ...result, ...(await errors(predictions, tensors.y, target)) };
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
  readonly prediction: HostTensor;
}

/** Predictions of all rows, batch by batch. */
export async function* predictRows(
  session: EngineSession,
  x: SplitTensor,
  batchSize: number,
): AsyncGenerator<PredictedBatch> {
  const rows = x.shape[0]!;
  for (let start = 0; start < rows; start += batchSize) {
    yield { start, prediction: await session.predict(featureRows(x, start, Math.min(rows, start + batchSize))) };
  }
}

/** Rows `start` to `end` as the model reads them. */
export function featureRows(x: SplitTensor, start: number, end: number): HostTensor {
  const rowLength = x.data.length / Math.max(1, x.shape[0]!);
  const shape = [end - start, ...x.shape.slice(1)];
  const part = x.data.subarray(start * rowLength, end * rowLength);
  if (x.dtype === 'float32') return { dtype: 'float32', shape, data: part as Float32Array };
  const { offset, scale } = x.dtype === 'uint8' ? x : { offset: 0, scale: 1 };
  return { dtype: 'float32', shape, data: Float32Array.from(part, (value) => (value - offset) / scale) };
}

async function confusion(
  predictions: AsyncGenerator<PredictedBatch>,
  y: SplitTensor,
  classCount: number,
): Promise<number[][]> {
  const matrix = Array.from({ length: classCount }, () => new Array<number>(classCount).fill(0));
  for await (const { start, prediction } of predictions) {
    const rows = prediction.shape[0]!;
    const width = prediction.data.length / rows;
    for (let row = 0; row < rows; row++) {
      const output = prediction.data.subarray(row * width, (row + 1) * width);
      matrix[y.data[start + row]!]![chosenClass(output)]!++;
    }
  }
  return matrix;
}

/** One output above a half means class 1, as the accuracy counts; else the first largest. */
function chosenClass(output: ArrayLike<number>): number {
  if (output.length === 1) return output[0]! > 0.5 ? 1 : 0;
  let best = 0;
  for (let i = 1; i < output.length; i++) if (output[i]! > output[best]!) best = i;
  return best;
}

async function errors(
  predictions: AsyncGenerator<PredictedBatch>,
  y: SplitTensor,
  target: Extract<TargetSpec, { kind: 'numeric' }>,
): Promise<Pick<TestResult, 'unit' | 'rmseOriginal' | 'maeOriginal' | 'rmseRelative'>> {
  let squared = 0;
  let absolute = 0;
  for await (const { start, prediction } of predictions) {
    prediction.data.forEach((value, row) => {
      const error = (value - y.data[start + row]!) * target.scale;
      squared += error * error;
      absolute += Math.abs(error);
    });
  }
  const rows = y.shape[0]!;
  const rmseOriginal = Math.sqrt(squared / rows);
  return {
    ...(target.unit === undefined ? {} : { unit: target.unit }),
    rmseOriginal,
    maeOriginal: absolute / rows,
    ...(target.standardDeviation > 0 ? { rmseRelative: rmseOriginal / target.standardDeviation } : {}),
  };
}
