import type { Prediction, RowPrediction } from '../../../../src-shared/contract/run-results.ts';
import { csvLine } from '../../../../src-shared/text/csv-line.ts';
import type { RunWeights } from '../../../../src-shared/training/run/run-weights.ts';

/** Predictions as the command line writes them. */

/** Columns of one target: its value, then the probabilities of its classes; with draws the standard deviation of each number. */
function headings(
  { output, target, value, classes, unit, standardDeviations }: Prediction,
  several: boolean,
): string[] {
  const prefix = several ? `${output}: ` : '';
  const inUnit = unit === undefined ? '' : ` (${unit})`;
  // Of an image each pixel has a column.
  const values = Array.isArray(value) ? value.map((_, pixel) => `${target}[${pixel}]`) : [target];
  const deviations =
    standardDeviations === undefined
      ? []
      : (classes?.map((each) => `${prefix}sd(${each})`) ?? values.map((each) => `${prefix}sd(${each})${inUnit}`));
  return [
    ...values.map((each) => `${prefix}${each}${inUnit}`),
    ...(classes ?? []).map((each) => `${prefix}p(${each})`),
    ...deviations,
  ];
}

/** Names of the columns after the row's number and file. */
export const columnsOf = ({ predictions }: RowPrediction): string[] =>
  predictions.flatMap((prediction) => headings(prediction, predictions.length > 1));

/** Head of the CSV. @param named Whether each row has a file. */
export const header = (columns: readonly string[], named: boolean): string =>
  csvLine(['row', ...(named ? ['file'] : []), ...columns]);

/** One row of the CSV; cells are empty if there is no prediction. @param columns Number of cells. */
export function cells(row: number, file: string | null, { predictions }: RowPrediction, columns: number): string {
  const own = predictions.length === 0 ? new Array<string>(columns).fill('') : predictions.flatMap(cellsOf);
  return csvLine([row, ...(file === null ? [] : [file]), ...own]);
}

const cellsOf = ({ value, probabilities, standardDeviations }: Prediction): (string | number)[] => [
  ...(Array.isArray(value) ? value : [value]),
  ...(probabilities ?? []),
  ...(standardDeviations ?? []),
];

/** One row as JSON: flat where there is one target, else with a list of them. */
export function jsonLine(
  row: number,
  file: string | null,
  { predictions, draws, warnings, engine }: RowPrediction,
  weights: RunWeights,
): string {
  const common = {
    ...weights,
    ...(draws === undefined ? {} : { draws }),
    ...(engine?.insteadOf === undefined ? {} : { engine: engine.name, insteadOf: engine.insteadOf.name }),
    ...(warnings === undefined ? {} : { warnings }),
  };
  const [only] = predictions;
  const about = { row, ...(file === null ? {} : { file }) };
  if (only === undefined || predictions.length > 1) return JSON.stringify({ ...about, predictions, ...common });
  const { output: _output, target: _target, ...flat } = only;
  return JSON.stringify({ ...about, ...flat, ...common });
}
