import { AppError } from '../../../../src-shared/errors/app-error.ts';
import { checkpointKindSchema } from '../../../../src-shared/training/run/run.ts';
import { RESUME_WEIGHTS, weightsForUse } from '../../../../src-shared/training/run/run-weights.ts';
import type { OpenRuns } from '../../../core/projects/project-session.ts';
import type { RequestedRun } from '../../../core/training/plan-run.ts';
import { choice, text } from './arguments.ts';
import { chooseRun } from './choose-run.ts';
import { checkpointOption } from './command.ts';
import type { CommandOption, OptionValues } from './command.ts';

/** Options of `lamina train` that begin with an earlier run. */
export const earlierRunOptions = {
  resume: {
    type: 'string',
    placeholder: 'RUN',
    help: 'Goes on where that run ended, as it was made; --epochs N trains it on to epoch N.',
  },
  from: {
    type: 'string',
    placeholder: 'RUN',
    help: "A new run of the project's model that begins with the weights of that run.",
  },
  repeat: { type: 'string', placeholder: 'RUN', help: 'Trains that run once more, bit by bit, as it was recorded.' },
  settings: {
    type: 'string',
    placeholder: 'WHOSE',
    help: "With --resume: 'run' (the default), or 'project' for the project's model and training as they are now.",
  },
  checkpoint: {
    ...checkpointOption,
    help: "With --resume ('last' by default) or --from ('best' by default where epochs were validated): which weights of that run, 'best', 'last' or 'initial'.",
  },
} as const satisfies Record<string, CommandOption>;

/** Options that would change a repeated run. */
const CHANGES = ['source', 'model', 'epochs', 'batch-size', 'seed', 'engine', 'set', 'settings', 'checkpoint'];

/**
 * The request that the options describe.
 *
 * @throws AppError 'cli/bad-arguments' if they contradict each other; 'runs/…' if there is no such run.
 */
export function earlierRun(
  store: OpenRuns['store'],
  options: OptionValues,
): Pick<RequestedRun, 'continueFrom' | 'repeat'> {
  const given = ['resume', 'from', 'repeat'].filter((name) => options[name] !== undefined);
  const [way] = given;
  const settings = choice(options, 'settings', ['run', 'project'] as const);
  const chosen = choice(options, 'checkpoint', checkpointKindSchema.options);
  if (given.length > 1) throw contradiction(`--${given.join(' and --')} do not go together; give one of them.`);
  if (settings !== undefined && way !== 'resume') throw contradiction('--settings goes only with --resume.');
  if (way === undefined) {
    if (options['checkpoint'] !== undefined) throw contradiction('--checkpoint goes with --resume or --from.');
    return {};
  }
  if (way === 'repeat') {
    const change = CHANGES.find((name) => options[name] !== undefined);
    if (change === undefined) return { repeat: chooseRun(store, text(options, 'repeat')).id };
    throw contradiction(`--${change} would make it another run. Leave it out, or use --from or --resume.`);
  }
  const run = chooseRun(store, text(options, way));
  const runId = run.id;
  if (way === 'from') return { continueFrom: { runId, checkpoint: chosen ?? weightsForUse(run), mode: 'weights' } };
  const other = ['source', 'model'].find((name) => options[name] !== undefined);
  if (settings !== 'project' && other !== undefined) {
    throw contradiction(`--${other} goes with --resume where --settings project does, or with --from.`);
  }
  return { continueFrom: { runId, checkpoint: chosen ?? RESUME_WEIGHTS, mode: 'resume', settings: settings ?? 'run' } };
}

function contradiction(message: string): AppError {
  return new AppError('cli/bad-arguments', `${message} See 'lamina train --help'.`);
}
