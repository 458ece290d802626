import { AppError } from '../../../src-shared/errors/app-error.ts';
import type { CheckpointKind, RunRecord } from '../../../src-shared/training/run/run.ts';
import type { RunStore } from '../../runs/store.ts';
import { isActive } from '../../runs/types.ts';
import { nothingLeft } from '../../training-protocol/position.ts';
import type { NewRun } from '../../runs/types.ts';

type Documents = Pick<NewRun, 'model' | 'dataset' | 'configuration'>;

/** How a person asks for a run. */
export interface RunWish {
  readonly name?: string | undefined;
  readonly continueFrom?:
    | {
        readonly runId: string;
        readonly checkpoint: CheckpointKind;
        readonly mode: 'resume' | 'weights';
        /** Whose model, data set and configuration: the project's as they are now, or those of the run. */
        readonly settings?: 'project' | 'run' | undefined;
        /** Epochs of the whole, those already trained included, in place of the configuration's. */
        readonly epochs?: number | undefined;
      }
    | undefined;
  /** A run to be trained once more, bit by bit. */
  readonly repeat?: string | undefined;
}

/**
 * What the run is to be that a person asks for.
 *
 * @param project The project's documents as they are now.
 * @param changes Of the configuration, for this run alone.
 * @throws AppError 'runs/unknown', 'runs/unreadable', 'runs/not-started', 'runs/no-checkpoint', 'training/nothing-left'.
 */
export function planRun(
  store: RunStore,
  project: Documents,
  { name, continueFrom, repeat }: RunWish,
  changes: Partial<Documents['configuration']> = {},
): Omit<NewRun, 'versions'> {
  if (repeat !== undefined) return repeated(store, repeat, name);
  if (continueFrom === undefined) {
    return { ...project, configuration: { ...project.configuration, ...changes }, name };
  }
  const { settings = 'project', epochs, ...from } = continueFrom;
  const made = settings === 'run' ? asMade(store.get(from.runId)) : { ...project, engineAsRecorded: false };
  const { model, dataset, configuration: asked } = made;
  const configuration = { ...asked, ...(epochs === undefined ? {} : { epochs }), ...changes };
  const { epoch } = store.requireCheckpoint(from.runId, from.checkpoint);
  if (from.mode === 'resume' && !hasWorkLeft(store, from.runId, epoch, configuration.epochs)) {
    throw nothingLeft(epoch, configuration.epochs);
  }
  const engineAsRecorded = made.engineAsRecorded && changes.engine === undefined;
  return { model, dataset, configuration, name, continueFrom: from, engineAsRecorded };
}

/** Epochs to train; or, of a run that ended before it was completed, its test result. */
function hasWorkLeft(store: RunStore, runId: string, epoch: number, epochs: number): boolean {
  return epoch < epochs || (epoch === epochs && store.summary(runId).state !== 'completed');
}

/** The same documents, first weights, engine, threads and steps per call: the same bits where the engine is the same. */
function repeated(store: RunStore, runId: string, name: string | undefined): Omit<NewRun, 'versions'> {
  const record = store.get(runId);
  const { number, state, engine } = record;
  const startsAgain = state === 'interrupted' || state === 'stopped';
  if (isActive(state) || (engine === null && !startsAgain)) {
    const why = isActive(state) ? 'still trains' : 'ended before its data was read';
    throw new AppError('runs/not-started', `Run ${number} ${why}, so there is nothing to repeat. Choose another run.`, {
      runId,
    });
  }
  return {
    ...asMade(record),
    name: name ?? `run ${number} again`,
    continueFrom: store.continuationOf(runId) ?? undefined,
    repeats: runId,
  };
}

/** A run's documents, with the engine that was chosen. */
function asMade({
  model,
  dataset,
  configuration,
  engine,
}: RunRecord): Documents & Required<Pick<NewRun, 'engineAsRecorded'>> {
  return {
    model,
    dataset,
    configuration: { ...configuration, engine: engine ?? configuration.engine },
    engineAsRecorded: engine !== null,
  };
}
