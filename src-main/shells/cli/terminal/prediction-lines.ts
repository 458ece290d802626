import type { Prediction, RowPrediction } from '../../../../src-shared/contract/run-results.ts';
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

/** Head of the CSV. */
export const header = ({ predictions }: RowPrediction): string =>
  csvLine(['row', ...predictions.flatMap((prediction) => headings(prediction, predictions.length > 1))]);

/** One row of the CSV. */
export const cells = (row: number, { predictions }: RowPrediction): string =>
  csvLine([row, ...predictions.flatMap(cellsOf)]);

const cellsOf = ({ value, probabilities, standardDeviations }: Prediction): (string | number)[] => [
  ...(Array.isArray(value) ? value : [value]),
  ...(probabilities ?? []),
  ...(standardDeviations ?? []),
];

/** One row as JSON: flat where there is one target, else with a list of them. */
export function jsonLine(
  row: number,
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
  if (only === undefined || predictions.length > 1) return JSON.stringify({ row, predictions, ...common });
  const { output: _output, target: _target, ...flat } = only;
  return JSON.stringify({ row, ...flat, ...common });
}

/** A CSV line (RFC 4180): cells with separators, quotes or line breaks are quoted. */
export function csvLine(cells: readonly (string | number)[]): string {
  return cells.map((cell) => quoted(String(cell))).join(',');
}

function quoted(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
