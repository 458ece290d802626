import { AppError } from '../../../../src-shared/errors/app-error.ts';
import type { ProjectSnapshot } from '../../../../src-shared/contract/contract.ts';
import type { RequestProgress } from '../../../../src-shared/contract/transport.ts';
import { PROJECT_FILE } from '../../../../src-shared/project/project-document.ts';
import type { QueuedRun } from '../../../../src-shared/training/run/run-queue.ts';
import type { RunSummary } from '../../../../src-shared/training/run/run.ts';
import type { RunWeights } from '../../../../src-shared/training/run/run-weights.ts';
import type { Emit } from '../../../../src-shared/contract/dispatcher.ts';
import { PreferencesStore, userConfigFolder } from '../../../core/preferences.ts';
import { ProjectSession } from '../../../core/projects/project-session.ts';
import type { OpenRuns } from '../../../core/projects/project-session.ts';
import type { JobOptions } from '../../../core/training/run-jobs.ts';
import { TrainingQueue } from '../../../core/training/training-queue.ts';
import { formatProgress } from '../terminal/format.ts';
import type { Output } from '../terminal/output.ts';
import { text } from './arguments.ts';
import { chooseRun, chooseWeights } from './choose-run.ts';
import { checkpointOption, runOption } from './command.ts';
import type { OptionValues } from './command.ts';
import { untilStopped } from './stop-signal.ts';

/**
 * Opens a project for an action, and ends all its processes afterwards.
 *
 * @param emit Receives the events of the project's runs.
 * @param onQueue Receives the queue of runs when it changes.
 * @param create Creates a project if the folder is not one.
 * @throws AppError 'project/…' if the folder is not a project. Damaged documents are not an error here.
 */
export async function withProject<Result>(
  folder: string,
  action: (session: ProjectSession) => Promise<Result>,
  emit: Emit = () => {},
  onQueue?: (queue: readonly QueuedRun[]) => void,
  create = false,
): Promise<Result> {
  const configFolder = userConfigFolder();
  const preferences = new PreferencesStore(configFolder);
  const queue = new TrainingQueue(configFolder, {
    limit: () => preferences.runsAtOnce(),
    ...(onQueue !== undefined && { onChange: onQueue }),
  });
  try {
    const session = await ProjectSession.open(folder, { create, watch: false, queue }, emit);
    try {
      return await action(session);
    } finally {
      await session.close();
    }
  } finally {
    await queue.close();
  }
}

/**
 * The project's documents. A command uses what is on disk or nothing, so a damaged document is an error, and so is one
 * of a newer Lamina.
 *
 * @throws AppError 'project/…', 'document/…' or 'dataset/…' naming the file and what is wrong.
 */
export function requireDocuments({ project }: ProjectSession): ProjectSnapshot {
  const snapshot = project.snapshot();
  const damage = snapshot.warnings.find(
    ({ code, details }) => code !== 'project/missing-document' || details['fileName'] !== PROJECT_FILE,
  );
  const problem = snapshot.readOnly ?? damage;
  if (problem !== undefined) throw AppError.from(problem);
  return snapshot;
}

export interface TrainedRun extends Pick<OpenRuns, 'supervisor'> {
  readonly session: ProjectSession;
  readonly run: RunSummary;
  readonly weights: RunWeights;
  /** Ends with Ctrl-C and shows progress. */
  readonly job: Required<JobOptions>;
}

/** Options of `withTrainedRun`. */
export const trainedRunOptions = { run: runOption, checkpoint: checkpointOption };

/**
 * Opens a project for an action on the run and weights that `trainedRunOptions` choose. Ctrl-C aborts the action.
 *
 * @returns The action's exit status, or that of the signal.
 */
export async function withTrainedRun(
  folder: string,
  options: OptionValues,
  output: Output,
  action: (trained: TrainedRun) => Promise<number>,
): Promise<number> {
  const onProgress = (progress: RequestProgress): void => output.progress(formatProgress(progress));
  const open = (signal: AbortSignal): Promise<number> =>
    withProject(folder, async (session) => {
      const { store, supervisor } = await session.openRuns();
      const run = chooseRun(store, text(options, 'run'));
      const job = { signal, onProgress };
      return action({ session, supervisor, run, weights: chooseWeights(run, options), job });
    });
  return untilStopped(open, (status) => {
    output.note('Cancelled.');
    return status;
  });
}
