import { columnsRead } from '../../src-shared/compiler/forward/columns-read.ts';
import { drawsNoise } from '../../src-shared/compiler/forward/draws.ts';
import type { InputRow, Prediction, RowPrediction } from '../../src-shared/contract/contract.ts';
import { encodeRows } from '../data/features/encode-rows.ts';
import { checkIndices } from './check-indices.ts';
import { DrawnPrediction } from '../training-protocol/draws.ts';
import { decodePredictions } from './predictions.ts';
import type { TrainedSession } from './trained-session.ts';

/**
 * What a trained model says of rows as they stand in files.
 *
 * @param draws Of each row where the model has Monte Carlo layers: draws 0, 1, …, the same at every call.
 */
export async function predictedRows(
  { session, model, trained, batchSize, engine }: TrainedSession,
  rows: readonly InputRow[],
  draws: number,
): Promise<RowPrediction[]> {
  const draw = drawsNoise(model.predict);
  const read = columnsRead(trained.model, trained.featureSpec);
  const found: RowPrediction[] = [];
  for (let start = 0; start < rows.length; start += batchSize) {
    const { x, warnings } = encodeRows(trained.featureSpec, rows.slice(start, start + batchSize), read);
    checkIndices(trained.model, trained.featureSpec, x, (row) => `row ${start + row + 1}`);
    const predict = async (number: number): Promise<Prediction[][]> =>
      decodePredictions(model.outputs, trained.featureSpec, await session.predict(x, number));
    const predictions = draw ? await averaged(predict, draws) : await predict(0);
    predictions.forEach((ofRow, row) => {
      const told = warnings[row]!.length === 0 ? {} : { warnings: [...warnings[row]!] };
      found.push({ predictions: ofRow, engine, ...(draw ? { draws } : {}), ...told });
    });
  }
  return found;
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
