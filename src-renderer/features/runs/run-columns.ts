import { durationMs } from '../../../src-shared/training/run/group-comparison.ts';
import type { RunSummary } from '../../../src-shared/training/run/run.ts';
import { higherIsBetter, mainFigure } from '../../terms/metric-keys.ts';
import type { Figure } from '../../terms/metric-keys.ts';

export type RunColumnId =
  'number' | 'name' | 'state' | 'model' | 'data' | 'engine' | 'epochs' | 'best' | 'loss' | 'duration' | 'when' | 'test';

export interface Sorting {
  readonly column: RunColumnId;
  readonly ascending: boolean;
}

/** The figure of the test split: for one number the RMSE in its own unit. */
export function testFigure({ test }: RunSummary): Figure | null {
  if (test === null) return null;
  const [only, ...more] = test.outputs;
  if (only?.rmseOriginal !== undefined && more.length === 0) {
    return { metric: 'rmse', value: only.rmseOriginal, unit: only.unit };
  }
  return mainFigure(test.metrics);
}

type Key = number | string | null;

const keys: Readonly<Record<RunColumnId, (run: RunSummary) => Key>> = {
  number: (run) => run.number,
  name: (run) => run.name.toLowerCase(),
  state: (run) => run.state,
  model: (run) => run.modelName.toLowerCase(),
  data: (run) => run.datasetName.toLowerCase(),
  engine: (run) => run.engine,
  epochs: (run) => run.epochsDone,
  best: (run) => goodness(mainFigure(run.bestMetrics)),
  loss: (run) => run.lastMetrics['loss'] ?? null,
  duration: durationMs,
  when: (run) => Date.parse(run.createdAt),
  test: (run) => goodness(testFigure(run)),
};

/** Greater is better for every metric, so that the best runs are sorted together. */
function goodness(figure: Figure | null): number | null {
  if (figure === null) return null;
  return higherIsBetter(figure.metric) ? figure.value : -figure.value;
}

/** Runs in the order asked for; what is unknown comes last either way, equals by number, newest first. */
export function sortRuns(runs: readonly RunSummary[], { column, ascending }: Sorting): RunSummary[] {
  const keyOf = keys[column];
  return runs.toSorted((a, b) => {
    const left = keyOf(a);
    const right = keyOf(b);
    if (left === right) return b.number - a.number;
    if (left === null) return 1;
    if (right === null) return -1;
    const order = left < right ? -1 : 1;
    return ascending ? order : -order;
  });
}

/** A click on a column's head: the other direction, or that column with its useful end first. */
export function nextSorting(current: Sorting, column: RunColumnId): Sorting {
  if (current.column === column) return { column, ascending: !current.ascending };
  const wordsOrLoss: readonly RunColumnId[] = ['name', 'state', 'model', 'data', 'engine', 'loss'];
  return { column, ascending: wordsOrLoss.includes(column) };
}
