import { AppError } from '../../../../src-shared/errors/app-error.ts';
import { checkpointKindSchema } from '../../../../src-shared/training/run/run.ts';
import type { RunSummary } from '../../../../src-shared/training/run/run.ts';
import { weightsForUse, weightsOf } from '../../../../src-shared/training/run/run-weights.ts';
import type { RunWeights } from '../../../../src-shared/training/run/run-weights.ts';
import type { OpenRuns } from '../../../core/projects/project-session.ts';
import { choice } from './arguments.ts';
import type { OptionValues } from './command.ts';

/**
 * Finds the run that an option names.
 *
 * @param asked A number, an id or the beginning of one, 'best', or 'last', the default:
 *   the newest run that has weights to use.
 * @throws AppError 'runs/none' where there is nothing to choose from, 'runs/unknown', 'runs/ambiguous'.
 */
export function chooseRun(store: OpenRuns['store'], asked: string | undefined): RunSummary {
  if (asked !== undefined && asked !== 'last' && asked !== 'best') return store.summary(store.resolve(asked));
  const trained = store.list().filter((run) => run.lastCheckpoint !== null);
  const [newest] = trained;
  if (newest === undefined) {
    throw new AppError(
      'runs/none',
      "Expected a trained run in this project; there is none yet. Train one with 'lamina train' first.",
      { folder: store.folder },
    );
  }
  return asked === 'best' ? trained.reduce((best, run) => (isBetter(run, best) ? run : best), newest) : newest;
}

/** The weights that `--checkpoint` names; where it is absent, those that the run is used with. */
export function chooseWeights(run: RunSummary, options: OptionValues): RunWeights {
  return weightsOf(run, choice(options, 'checkpoint', checkpointKindSchema.options) ?? weightsForUse(run));
}

/** By validation accuracy where both have it, else by validation loss, else by loss. */
function isBetter(run: RunSummary, than: RunSummary): boolean {
  const pair = (name: string): [number, number] | null => {
    const [a, b] = [run.bestMetrics[name], than.bestMetrics[name]];
    return a === undefined || b === undefined ? null : [a, b];
  };
  const accuracy = pair('val_accuracy');
  if (accuracy !== null && accuracy[0] !== accuracy[1]) return accuracy[0] > accuracy[1];
  const loss = pair('val_loss') ?? pair('loss');
  if (loss !== null) return loss[0] < loss[1];
  // A run of less than an epoch has no metrics yet.
  return than.bestMetrics['loss'] === undefined && run.bestMetrics['loss'] !== undefined;
}
