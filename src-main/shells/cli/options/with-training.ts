import { resolve } from 'node:path';
import type { RunSummary } from '../../../../src-shared/training/run/run.ts';
import type { RunWeights } from '../../../../src-shared/training/run/run-weights.ts';
import { RunStore } from '../../../runs/store.ts';
import { whenFree } from '../../../runs/when-free.ts';
import { TrainingSupervisor } from '../../../core/training/supervisor.ts';
import type { EmitRunEvent } from '../../../core/training/run-events.ts';
import { text } from './arguments.ts';
import { chooseRun, chooseWeights } from './choose-run.ts';
import { checkpointOption, runOption } from './command.ts';
import type { OptionValues } from './command.ts';
import { checkProject } from './open-project.ts';

/** A project's runs, opened for one command. */
export interface OpenRuns {
  readonly store: RunStore;
  readonly supervisor: TrainingSupervisor;
}

/**
 * Opens a project's runs for an action, and ends all their processes afterwards.
 *
 * @param onEvent Receives the events of runs.
 * @throws AppError 'project/…' or 'runs/…' if the project cannot be used.
 */
export async function withTraining<Result>(
  folder: string,
  action: (runs: OpenRuns) => Promise<Result>,
  onEvent: EmitRunEvent = () => {},
): Promise<Result> {
  await checkProject(folder);
  const store = await whenFree(() => RunStore.open(resolve(folder)));
  const supervisor = new TrainingSupervisor(store, onEvent);
  try {
    return await action({ store, supervisor });
  } finally {
    await supervisor.close();
    store.close();
  }
}

export interface TrainedRun extends OpenRuns {
  readonly run: RunSummary;
  readonly weights: RunWeights;
}

/** Options of `withTrainedRun`. */
export const trainedRunOptions = { run: runOption, checkpoint: checkpointOption };

/** Opens a project's runs for an action on the run and weights that `trainedRunOptions` choose. */
export function withTrainedRun<Result>(
  folder: string,
  options: OptionValues,
  action: (trained: TrainedRun) => Promise<Result>,
): Promise<Result> {
  return withTraining(folder, async (runs) => {
    const run = chooseRun(runs.store, text(options, 'run'));
    return action({ ...runs, run, weights: chooseWeights(run, options) });
  });
}
