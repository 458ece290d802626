import type { SplitName } from '../../../src-shared/data/dataset-document.ts';
import { largestIntermediate, operationsPerExample } from '../../../src-shared/program/builder/cost.ts';
import type { Program } from '../../../src-shared/program/language/types.ts';
import type { EngineSession, ExampleTensors, HostTensor, ProgramOutputs } from './engine.ts';

/** Consecutive optimizer steps. */
export interface TrainRequest {
  readonly split: SplitName;
  /** Positions in the split, of `steps` consecutive batches of equal size. */
  readonly indices: Int32Array;
  readonly steps: number;
  /** One per step. */
  readonly learningRates: Float32Array;
  /** One per step, for a `train` program with the input `momentum`. */
  readonly momenta?: Float32Array;
}

/** @returns float32 [steps, reportLength], row-major: one report per step. */
export async function trainSteps(
  session: EngineSession,
  { split, indices, steps, learningRates, momenta }: TrainRequest,
): Promise<Float32Array> {
  const values = { learningRate: learningRates, ...(momenta === undefined ? {} : { momentum: momenta }) };
  return reportOf(await session.run('train', { rows: { split, indices, steps }, values }));
}

/**
 * One optimizer step on given examples, with targets.
 *
 * @param learningRate One number.
 * @param momentum As for `trainSteps`.
 * @returns Its report, [reportLength].
 */
export async function trainStep(
  session: EngineSession,
  examples: Readonly<Record<string, HostTensor>>,
  learningRate: Float32Array,
  momentum?: Float32Array,
): Promise<Float32Array> {
  const values = { learningRate, ...(momentum === undefined ? {} : { momentum }) };
  return reportOf(await session.run('train', { examples, values }));
}

/** Rows per call in evaluation: large for speed, small enough for memory and for stopping in between. */
export function evaluationBatchSize(evaluate: Program): number {
  const byMemory = Math.floor(32e6 / largestIntermediate(evaluate));
  const byTime = Math.floor(2e9 / Math.max(1, operationsPerExample(evaluate)));
  return Math.max(16, Math.min(1024, byMemory, byTime));
}

/**
 * Evaluates examples of a split.
 *
 * @param indices Positions in the split.
 * @param draw Number of the random draw of Monte Carlo layers. Default: 0.
 * @param program Evaluates the rows.
 * @returns One report, [reportLength].
 */
export async function evaluate(
  session: EngineSession,
  split: SplitName,
  indices: Int32Array,
  draw = 0,
  program = 'evaluate',
): Promise<Float32Array> {
  return reportOf(await session.run(program, { rows: { split, indices }, values: { draw: Int32Array.of(draw) } }));
}

/** Evaluates given examples, with targets, by a program; see `evaluate`. */
export async function evaluateExamples(
  session: EngineSession,
  program: string,
  examples: Readonly<Record<string, HostTensor>>,
  draw: number,
): Promise<Float32Array> {
  return reportOf(await session.run(program, { examples, values: { draw: Int32Array.of(draw) } }));
}

/**
 * @param examples Encoded features; those that the model does not read are ignored.
 * @param draw As for `evaluate`.
 * @returns float32 [N, …], one tensor per Output of the model.
 */
export async function predict(
  session: EngineSession,
  examples: ExampleTensors,
  draw = 0,
): Promise<readonly HostTensor[]> {
  const outputs = await session.run('predict', { examples, values: { draw: Int32Array.of(draw) } });
  return [...outputs.values()];
}

function reportOf(outputs: ProgramOutputs): Float32Array {
  const report = outputs.get('report');
  if (report?.dtype === 'float32') return report.data;
  throw new Error(`Expected a float32 report; received ${report?.dtype ?? 'nothing'}.`);
}
