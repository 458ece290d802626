import { AppError } from '../../../src-shared/errors/app-error.ts';
import { requireFreezable } from '../../../src-shared/training/commands/freezing.ts';
import type { RunCommand, SettingsPatch } from '../../../src-shared/training/commands/run-command.ts';
import { commandsIn, isActive } from '../../../src-shared/training/run/run-state.ts';
import type { RunState } from '../../../src-shared/training/run/run-state.ts';
import type { NewRun } from '../../runs/types.ts';

/** @throws AppError 'training/not-active' or 'training/not-possible' if a run takes no such command in its state. */
export function requireAllowed(number: number, state: RunState, { kind }: RunCommand): void {
  const possible = commandsIn(state);
  if (possible.includes(kind)) return;
  if (!isActive(state)) {
    throw new AppError('training/not-active', `Run ${number} is not training; it is ${state}.`, { number, state });
  }
  throw new AppError(
    'training/not-possible',
    `Run ${number} is ${state}: expected ${possible.join(', ')}; received ${kind}.`,
    { number, state, possible },
  );
}

/** @throws AppError 'training/cannot-set' if the run has no such setting. */
export function requireSettable(
  number: number,
  { model, configuration: { earlyStopping } }: Pick<NewRun, 'model' | 'configuration'>,
  patch: SettingsPatch,
): void {
  if (patch.patience !== undefined && earlyStopping === undefined) {
    throw new AppError(
      'training/cannot-set',
      `Run ${number} trains without early stopping, so it has no patience. Turn early stopping on before the next run.`,
      { number, setting: 'patience' },
    );
  }
  requireFreezable(model, patch.frozen);
}
