import type { CurveRun } from '../../slots/feature.ts';
import type { RunsStore } from '../../state/runs-store.svelte.ts';
import { commandWords } from '../../terms/command-words.ts';
import type { ChartFlag } from '../../ui/charts/chart-flags.ts';
import { flagsOf, stepsPerEpochOf } from './curve-series.ts';

/** A run as its curves show it, with the flags of its commands; reactive. Null: there is no such run. */
export function curveRunOf(runs: RunsStore, runId: string): (CurveRun & { readonly flags: ChartFlag[] }) | null {
  const run = runs.get(runId);
  if (run === null) return null;
  const { points, epochs } = runs.seriesOf(runId);
  // The record has the number of rows once training has begun.
  const record = run.state === 'preparing' ? null : runs.records.of(runId).value;
  const stepsPerEpoch = stepsPerEpochOf({
    totalSteps: runs.progressOf(runId)?.totalSteps,
    epochs: run.epochs,
    epochsDone: run.epochsDone,
    stepsDone: run.stepsDone,
    completed: run.state === 'completed',
    trainRows: record?.rowCounts?.train,
    batchSize: record?.configuration.batchSize,
  });
  const flags = record === null ? [] : flagsOf(commandWords(runs.commandsOf(runId), record), stepsPerEpoch);
  return { run, points, epochs, stepsPerEpoch, flags };
}
