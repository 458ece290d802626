import type { CheckedParams } from '../../../src-shared/contract/contract.ts';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import { configurationAfter, modelAfter } from '../../../src-shared/training/commands/run-command.ts';
import type { RecordedSettings, SettingsPatch } from '../../../src-shared/training/commands/run-command.ts';
import type { TrainingConfiguration } from '../../../src-shared/training/configuration/configuration.ts';
import { withEpochs } from '../../../src-shared/training/configuration/phases.ts';
import type { RunRecord, RunSummary } from '../../../src-shared/training/run/run.ts';
import type { RunStore } from '../../runs/store.ts';
import { hasEnded } from '../../../src-shared/training/run/run-state.ts';
import { nothingLeft } from '../../training-protocol/protocol.ts';
import type { NewRun } from '../../runs/types.ts';
import { withSettings } from './settings.ts';
import type { Setting } from './settings.ts';

type Documents = Pick<NewRun, 'model' | 'dataset' | 'configuration'>;

/** A run as it is requested by the window or the command line. */
export type RequestedRun = CheckedParams<'training.start'>;

/**
 * Resolves a request to the documents of the new run.
 *
 * @param project The project's documents as they are now.
 * @param changes Of the configuration, for this run only.
 * @param settings Single ones, after `changes`.
 * @throws AppError 'runs/unknown', 'runs/unreadable', 'runs/not-started', 'runs/no-checkpoint', 'training/nothing-left',
 *   'training/bad-setting'.
 */
export function planRun(
  store: RunStore,
  project: Documents,
  { name, continueFrom, repeat }: RequestedRun,
  changes: Partial<Documents['configuration']> = {},
  settings: readonly Setting[] = [],
): Omit<NewRun, 'versions'> {
  if (repeat !== undefined) return repeated(store, repeat, name);
  if (continueFrom === undefined) {
    const configuration = withSettings(withChanges(project.configuration, changes), settings);
    return { ...project, configuration, name, startArtifact: project.model.weights?.artifact };
  }
  const { settings: whose = 'project', epochs, ...from } = continueFrom;
  const { epoch, step } = store.requireCheckpoint(from.runId, from.checkpoint);
  const recorded = whose === 'run' ? asRecorded(store.get(from.runId)) : { ...project, engineAsRecorded: false };
  const { dataset } = recorded;
  const sets = (wanted: string): boolean =>
    settings.some(({ path }) => path === wanted || wanted.startsWith(`${path}.`));
  // A run that trained has planned its phases. They are planned again if the request has others.
  const phasesPlanned = whose === 'run' && from.mode === 'resume' && changes.phases === undefined && !sets('phases');
  const replays = (whose === 'run' && from.mode === 'resume' ? store.settingsOf(from.runId) : []).filter(
    ({ command }) => phasesPlanned || command.phase === undefined,
  );
  const earlier = replays.filter((command) => command.step < step);
  const reached = configurationAfter(recorded.configuration, earlier);
  const model = modelAfter(recorded.model, earlier);
  const configuration = withSettings(
    withChanges(reached, { ...(epochs === undefined ? {} : { epochs }), ...changes }),
    settings,
  );
  const asked = {
    learningRate: changes.optimizer !== undefined || sets('optimizer.learningRate'),
    epochs: (epochs ?? changes.epochs) !== undefined || sets('epochs'),
    patience: changes.earlyStopping !== undefined || sets('earlyStopping.patience'),
  };
  const commands = withoutChanged(
    replays.filter((command) => command.step >= step),
    reached,
    configuration,
    asked,
  );
  const lastEpoch = configurationAfter(configuration, commands).epochs;
  if (from.mode === 'resume' && !hasWorkLeft(store, from.runId, epoch, lastEpoch)) throw nothingLeft(epoch, lastEpoch);
  const engineAsRecorded =
    recorded.engineAsRecorded && changes.engine === undefined && !settings.some(({ path }) => path === 'engine');
  const changesSettings = epochs !== undefined || Object.keys(changes).length > 0 || settings.length > 0;
  const continues = whose === 'run' && from.mode === 'resume' && !changesSettings;
  const group = continues ? memberToContinue(store.summary(from.runId)) : undefined;
  return { model, dataset, configuration, name, continueFrom: from, engineAsRecorded, commands, phasesPlanned, group };
}

/** Changes the number of epochs with that of the phases. */
function withChanges(
  configuration: TrainingConfiguration,
  { epochs, ...others }: Partial<TrainingConfiguration>,
): TrainingConfiguration {
  return { ...(epochs === undefined ? configuration : withEpochs(configuration, epochs)), ...others };
}

/**
 * Commands without the settings that the request of the new run has changed.
 *
 * @param asked Settings that the request gives, whether or not they change.
 */
function withoutChanged(
  commands: readonly RecordedSettings[],
  before: TrainingConfiguration,
  after: TrainingConfiguration,
  asked: Readonly<Record<'learningRate' | 'epochs' | 'patience', boolean>>,
): RecordedSettings[] {
  return commands.flatMap((recorded) => {
    // The request's settings hold until the next phase.
    if (recorded.command.phase !== undefined) return [recorded];
    const { learningRate, epochs, patience, frozen } = recorded.command.patch;
    const patch: SettingsPatch = {
      ...(!asked.learningRate && before.optimizer.learningRate === after.optimizer.learningRate && { learningRate }),
      ...(!asked.epochs && before.epochs === after.epochs && { epochs }),
      ...(!asked.patience && before.earlyStopping?.patience === after.earlyStopping?.patience && { patience }),
      frozen,
    };
    const isEmpty = Object.values(patch).every((value) => value === undefined);
    return isEmpty ? [] : [{ ...recorded, command: { kind: 'set', patch } }];
  });
}

/** True if epochs remain, or the test result of a run that ended before it was completed. */
function hasWorkLeft(store: RunStore, runId: string, epoch: number, epochs: number): boolean {
  return epoch < epochs || (epoch === epochs && store.summary(runId).state !== 'completed');
}

/** Same documents, first weights, engine, threads and steps per call: the same bits on the same engine. */
function repeated(store: RunStore, runId: string, name: string | undefined): Omit<NewRun, 'versions'> {
  const record = store.get(runId);
  const { number, state, engine } = record;
  const startsAgain = state === 'interrupted' || state === 'stopped';
  if (!hasEnded(state) || (engine === null && !startsAgain)) {
    const why = hasEnded(state) ? 'ended before its data was read' : 'has not ended';
    throw new AppError('runs/not-started', `Run ${number} ${why}, so there is nothing to repeat. Choose another run.`, {
      runId,
    });
  }
  return {
    ...asRecorded(record),
    name: name ?? `run ${number} again`,
    continueFrom: store.continuationOf(runId) ?? undefined,
    startArtifact: store.startArtifactOf(runId) ?? undefined,
    repeats: runId,
    group: memberToContinue(record),
    commands: store.settingsOf(runId),
    phasesPlanned: record.commands.some(({ command }) => command.kind === 'set' && command.phase !== undefined),
  };
}

/** A run that ended without a result is replaced in its group by the one that continues or repeats it. */
function memberToContinue({ state, group }: RunSummary): NewRun['group'] {
  return state === 'interrupted' || state === 'stopped' ? (group ?? undefined) : undefined;
}

/** A run's documents, with the engine that it used. */
function asRecorded({
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
