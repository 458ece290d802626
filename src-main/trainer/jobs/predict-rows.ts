import type { OutputPlan } from '../../../src-shared/compiler/graph/compiled.ts';
import { columnsRead } from '../../../src-shared/compiler/forward/columns-read.ts';
import { drawsNoise } from '../../../src-shared/compiler/forward/draws.ts';
import type { InputRow, Prediction, RowPrediction } from '../../../src-shared/contract/run-results.ts';
import type { FeatureSpec } from '../../../src-shared/data/prepared.ts';
import { decodeMargins, decodeOutput, decodeReproduction } from '../../data/features/decode-target.ts';
import { encodeRows } from '../../data/features/encode-rows.ts';
import { rowsWithPixels } from '../../data/prepared/row-pictures.ts';
import type { ExampleTensors, HostTensor } from '../../engines/interface/engine.ts';
import { allRows, type ArrayRows } from '../../engines/interface/example-rows.ts';
import { predict } from '../../engines/interface/model-calls.ts';
import { checkIndices } from '../preparation/check-indices.ts';
import { DrawnPrediction } from './draws.ts';
import type { TrainedSession } from './trained-session.ts';
import { sigmoid } from '../evaluation/measures/measures.ts';

export interface PredictOptions {
  /** Absolute; relative paths of pictures start from it. */
  readonly folder: string;
  readonly signal?: AbortSignal | undefined;
  /** Called after each batch and each draw with the fraction done; what it throws ends the prediction. */
  readonly onProgress?: ((fraction: number) => Promise<void>) | undefined;
}

/**
 * Predicts for raw rows of a file. A row whose picture cannot be read has no predictions, and a warning.
 *
 * @param draws Draws per row if the model has Monte Carlo layers: draws 0, 1, …, the same in every call.
 */
export async function predictRows(
  { session, model, trained, batchSize, engine }: TrainedSession,
  rows: readonly InputRow[],
  draws: number,
  { folder, signal, onProgress }: PredictOptions,
): Promise<RowPrediction[]> {
  const draw = drawsNoise(model.programs.predict);
  const calls = Math.ceil(rows.length / batchSize) * (draw ? draws : 1);
  let called = 0;
  const read = columnsRead(trained.model, trained.featureSpec);
  const found: RowPrediction[] = [];
  const { featureSpec, dataset } = trained;
  const options = { spec: featureSpec, read, document: dataset, folder, batchSize, signal };
  for await (const batch of rowsWithPixels(rows, options)) {
    const start = found.length;
    const { examples, warnings } = encodeRows(featureSpec, batch.rows, read);
    checkIndices(trained.model, trained.featureSpec, rowsOf(examples), (row) => `row ${start + row + 1}`);
    const predictDraw = async (number: number): Promise<Prediction[][]> => {
      const tensors = await predict(session, examples, number);
      await onProgress?.(++called / calls);
      return decodePredictions(model.outputs, trained.featureSpec, tensors);
    };
    const predictions = draw ? await averaged(predictDraw, draws) : await predictDraw(0);
    predictions.forEach((ofRow, row) => {
      const unreadable = batch.unreadable[row]!;
      const all = [...unreadable, ...warnings[row]!];
      const noted = all.length === 0 ? {} : { warnings: all };
      const images = rows.length === 1 ? { images: batch.images } : {};
      found.push({
        predictions: unreadable.length > 0 ? [] : ofRow,
        ...images,
        engine,
        ...(draw ? { draws } : {}),
        ...noted,
      });
    });
  }
  return found;
}

function rowsOf(examples: ExampleTensors): Record<string, ArrayRows> {
  return Object.fromEntries(Object.entries(examples).map(([input, tensor]) => [input, allRows(tensor)]));
}

async function averaged(predict: (number: number) => Promise<Prediction[][]>, draws: number): Promise<Prediction[][]> {
  let all: DrawnPrediction[][] | null = null;
  for (let number = 0; number < draws; number++) {
    const drawn = await predict(number);
    all ??= drawn.map((ofRow) => ofRow.map((prediction) => new DrawnPrediction(prediction)));
    drawn.forEach((ofRow, row) => ofRow.forEach((prediction, place) => all![row]![place]!.add(prediction)));
  }
  return (all ?? []).map((ofRow) => ofRow.map((prediction) => prediction.result()));
}

/**
 * Decodes a model's outputs.
 *
 * @param tensors One per output, [rows, units].
 * @returns For each row, every target of every output.
 */
export function decodePredictions(
  outputs: readonly OutputPlan[],
  spec: Pick<FeatureSpec, 'targets'> & Partial<Pick<FeatureSpec, 'columns'>>,
  tensors: readonly HostTensor[],
): Prediction[][] {
  const rows = tensors[0]?.shape[0] ?? 0;
  const targets = outputs.map((output) => output.targets.map((place) => spec.targets[place]!));
  return Array.from({ length: rows }, (_, row) =>
    outputs.flatMap(({ name, logits, margins, reproduces }, place) => {
      const { data } = tensors[place]!;
      const width = data.length / rows;
      const values = Array.from(data.subarray(row * width, (row + 1) * width));
      if (reproduces !== null) {
        return decodeReproduction(name, reproduces, spec.columns ?? [], logits ? values.map(sigmoid) : values);
      }
      if (margins) return decodeMargins(name, targets[place]!, values);
      return decodeOutput(name, targets[place]!, logits ? probabilitiesOf(values, targets[place]!.length) : values);
    }),
  );
}

/** Sigmoid if there is one logit per target; otherwise softmax. */
function probabilitiesOf(logits: readonly number[], targets: number): number[] {
  if (logits.length === targets) return logits.map(sigmoid);
  const largest = Math.max(...logits);
  const powers = logits.map((logit) => Math.exp(logit - largest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}
