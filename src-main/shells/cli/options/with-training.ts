import { resolve } from 'node:path';
import { RunStore } from '../../../runs/store.ts';
import { whenFree } from '../../../runs/when-free.ts';
import { TrainingSupervisor } from '../../../core/training/supervisor.ts';
import type { EmitRunEvent } from '../../../core/training/run-events.ts';
import { checkProject } from './open-project.ts';

export interface TrainingRoom {
  readonly store: RunStore;
  readonly supervisor: TrainingSupervisor;
}

/**
 * Opens a project's runs for a command, and ends all processes of it afterwards.
 *
 * @param onEvent Told of what happens in runs.
 * @throws AppError 'project/…' or 'runs/…' where the project cannot be used.
 */
export async function withTraining<Result>(
  folder: string,
  action: (room: TrainingRoom) => Promise<Result>,
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
