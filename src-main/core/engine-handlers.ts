import type { RequestName } from '../../src-shared/contract/contract.ts';
import type { Handlers } from '../../src-shared/contract/dispatcher.ts';
import { AppError } from '../../src-shared/contract/app-error.ts';
import type { Emit } from './emit.ts';

type EngineRequest = Extract<RequestName, `engines.${string}`>;

export function createEngineHandlers(_emit: Emit): Pick<Handlers, EngineRequest> {
  return {
    'engines.status': () => [],
    'engines.install': () => {
      throw new AppError('engine/unavailable', 'The installer is not built in yet.');
    },
  };
}
