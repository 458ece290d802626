import type { RequestName } from '../../src-shared/contract/contract.ts';
import type { Handlers } from '../../src-shared/contract/dispatcher.ts';
import { AppError } from '../../src-shared/contract/app-error.ts';
import type { Emit } from './emit.ts';
import type { OpenProjects } from './open-projects.ts';

type RunRequest = Extract<RequestName, `runs.${string}` | `training.${string}`>;

export function createRunHandlers(_projects: OpenProjects, _emit: Emit): Pick<Handlers, RunRequest> {
  const missing = (): never => {
    throw new AppError('training/unavailable', 'The trainer is not built in yet.');
  };
  return {
    'training.start': missing,
    'training.stop': missing,
    'runs.list': () => [],
    'runs.get': missing,
    'runs.series': missing,
    'runs.rename': missing,
    'runs.delete': missing,
    'runs.evaluate': missing,
    'runs.predict': missing,
    'runs.samples': missing,
    'runs.weightChanges': missing,
    'runs.export': missing,
  };
}
