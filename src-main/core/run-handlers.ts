import { resolve } from 'node:path';
import { AppError } from '../../src-shared/errors/app-error.ts';
import type { RequestName } from '../../src-shared/contract/contract.ts';
import type { RowPrediction } from '../../src-shared/contract/run-results.ts';
import type { Emit, Handlers } from '../../src-shared/contract/dispatcher.ts';
import type { RunSummary } from '../../src-shared/training/run/run.ts';
import { whenFree } from '../runs/when-free.ts';
import type { OpenProjects } from './projects/open-projects.ts';
import { keepPretrained } from './training/pretrained-weights.ts';
import type { TrainingQueue } from './training/training-queue.ts';

type RunRequest = Extract<RequestName, `runs.${string}` | `training.${string}` | `weights.${string}`>;

/** Requests on the open project's runs. */
export function createRunHandlers(
  projects: OpenProjects,
  queue: TrainingQueue,
  emit: Emit,
): Pick<Handlers, RunRequest> {
  const store = async () => (await (await projects.current()).openRuns()).store;
  const supervisor = async () => (await (await projects.current()).openRuns()).supervisor;
  return {
    'training.start': async (options) => ({ runId: (await (await projects.current()).train(options)).id }),

    'training.startGroup': async (group) => groupOf(await (await projects.current()).trainGroup(group)),
    'training.continueGroup': async ({ groupId }) => groupOf(await (await projects.current()).continueGroup(groupId)),
    'training.stopGroup': async ({ groupId }) => {
      await (await projects.current()).stopGroup(groupId);
      return {};
    },

    'runs.list': async () => (await store()).list(),
    'runs.get': async ({ runId }) => (await store()).get(runId),
    'runs.series': async ({ runId, maxPoints }) => (await store()).series(runId, maxPoints),
    'runs.rename': async ({ runId, name }) => {
      const runs = await store();
      const summary = await whenFree(() => runs.rename(runId, name));
      emit('run.changed', { summary });
      await queue.rename({ folder: runs.folder, runId, name });
      return summary;
    },
    'runs.command': async ({ runId, command }) => {
      await (await supervisor()).command(runId, command);
      return {};
    },
    'runs.delete': async ({ runId }) => {
      const runs = await store();
      await whenFree(() => runs.delete(runId));
      emit('run.deleted', { runId });
      return {};
    },

    'runs.keepWeights': async ({ runId, checkpoint }) => {
      const runs = await store();
      return whenFree(() => runs.keepWeights(runId, checkpoint));
    },
    'weights.keepOver': async ({ runId, checkpoint, over }) => keepPretrained(await store(), over, runId, checkpoint),
    'weights.shapes': async ({ file }) => (await store()).files.shapes(file),

    'runs.evaluate': async ({ runId, checkpoint, split }, context) =>
      (await supervisor()).jobs.evaluate(runId, checkpoint, split, context),
    'runs.predict': async ({ runId, checkpoint, rows, draws }, context) => {
      const predictions = await (await supervisor()).jobs.predict(runId, checkpoint, rows, draws, context);
      requireFinite(predictions);
      return predictions;
    },
    'runs.dataChange': async ({ runId, split }, context) => (await supervisor()).jobs.dataChange(runId, split, context),
    'runs.samples': async ({ runId, split, count, offset }, context) =>
      (await supervisor()).jobs.samples(runId, split, count, offset, context),
    'runs.weightChanges': async ({ runId, checkpoint }, context) =>
      (await supervisor()).jobs.weightChanges(runId, checkpoint, context),
    'runs.export': async ({ runId, checkpoint, format, folder }, context) =>
      (await supervisor()).jobs.export(runId, checkpoint, format, resolve(projects.folder, folder), context),
  };
}

const groupOf = (runs: readonly RunSummary[]): { groupId: string; runIds: string[] } => ({
  groupId: runs[0]!.group!.id,
  runIds: runs.map(({ id }) => id),
});

/** @throws AppError 'predict/not-finite' naming the first output whose value is not a finite number. */
function requireFinite(rows: readonly RowPrediction[]): void {
  rows.forEach(({ predictions }, row) => {
    for (const { output, target, value, probabilities = [], standardDeviations = [] } of predictions) {
      const numbers = [typeof value === 'string' ? [] : value, probabilities, standardDeviations].flat();
      const found = numbers.find((number) => !Number.isFinite(number));
      if (found === undefined) continue;
      throw new AppError(
        'predict/not-finite',
        `Expected finite numbers; the output '${output}' gives ${found} for ${target} of row ${row + 1}. Look for extreme values in the row, or use weights of an earlier epoch.`,
        { row, output, target },
      );
    }
  });
}
