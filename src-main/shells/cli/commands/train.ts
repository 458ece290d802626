import { readdir, readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { adoptSource, type AdoptedSource } from '../../../../src-shared/data/adopt-source.ts';
import { requestCancelled } from '../../../../src-shared/contract/cancelled.ts';
import { AppError } from '../../../../src-shared/errors/app-error.ts';
import type { EventPayload, ProjectSnapshot } from '../../../../src-shared/contract/contract.ts';
import type { ModelBlock } from '../../../../src-shared/document/schema/model-document.ts';
import { parseJson } from '../../../../src-shared/text/parse-json.ts';
import type { RunCommand } from '../../../../src-shared/training/commands/run-command.ts';
import type { RunSummary } from '../../../../src-shared/training/run/run.ts';
import type { RunState } from '../../../../src-shared/training/run/run-state.ts';
import type { QueuedRun } from '../../../../src-shared/training/run/run-queue.ts';
import { weightsOf } from '../../../../src-shared/training/run/run-weights.ts';
import { DataProcesses } from '../../../core/data-processes.ts';
import { modelKind } from '../../../core/projects/documents/document-kinds.ts';
import { readDocument } from '../../../core/projects/documents/read-document.ts';
import { MODEL_SUFFIX } from '../../../../src-shared/project/project-document.ts';
import { isActive } from '../../../../src-shared/training/run/run-state.ts';
import type { Emit } from '../../../../src-shared/contract/dispatcher.ts';
import type { ProjectSession } from '../../../core/projects/project-session.ts';
import type { Setting } from '../../../core/training/settings.ts';
import type { TrainingSupervisor } from '../../../core/training/supervisor.ts';
import { choice, text, texts, wholeNumber } from '../options/arguments.ts';
import { EXIT } from '../options/command.ts';
import type { Command, OptionValues } from '../options/command.ts';
import { earlierRun, earlierRunOptions } from '../options/earlier-run.ts';
import { requireDocuments, withProject } from '../options/open-project.ts';
import { onPauseSignal, onStopSignal, untilStopped } from '../options/stop-signal.ts';
import { jsonReport, textReport } from '../terminal/training-report.ts';
import type { TrainingReport } from '../terminal/training-report.ts';

type RunEvent =
  | { name: 'run.progress'; payload: EventPayload<'run.progress'> }
  | { name: 'run.epoch'; payload: EventPayload<'run.epoch'> }
  | { name: 'run.warning'; payload: EventPayload<'run.warning'> }
  | { name: 'run.command'; payload: EventPayload<'run.command'> };

const MAX_COUNT = 1_000_000;
const MAX_SEED = 0xffffffff;

export const trainCommand: Command = {
  name: 'train',
  summary: "Trains a project's model and records the run.",
  usage: '<project folder> [options]',
  positionals: { min: 1, max: 1 },
  options: {
    source: { type: 'string', placeholder: 'PATH', help: 'Another data file or folder, for this run only.' },
    model: { type: 'string', placeholder: 'FILE', help: "Another model of the project's folder, for this run only." },
    epochs: { type: 'string', placeholder: 'N', help: "Epochs to train; the project's number by default." },
    'batch-size': { type: 'string', placeholder: 'N', help: "Rows in a batch; the project's number by default." },
    seed: { type: 'string', placeholder: 'N', help: 'The key of all randomness: the same seed gives the same run.' },
    engine: { type: 'string', placeholder: 'NAME', help: 'tensorflow or onnx; the preferred one by default.' },
    set: {
      type: 'string',
      multiple: true,
      placeholder: 'NAME=VALUE',
      help: 'A setting of the training, for this run only; the value is text or JSON, null where it is to be absent. Can be repeated.',
    },
    ...earlierRunOptions,
    name: { type: 'string', placeholder: 'TEXT', help: 'A name for the run.' },
    now: { type: 'boolean', help: 'Do not wait while other runs train.' },
    json: { type: 'boolean', help: 'One JSON object a line: other data, every warning and epoch, and one at the end.' },
  },
  examples: [
    ['lamina train examples/spirals', 'Trains as the project says.'],
    [
      'lamina train examples/mnist --source ../shared/data/mnist --epochs 5 --seed 1',
      "With other files than the project's own; settings of columns that they have stay.",
    ],
    ['lamina train examples/xor --model one-layer.lamina.json', "Another model than the project's own."],
    [
      'lamina train examples/spirals --epochs 500 --set earlyStopping.patience=5',
      'Ends after 5 epochs without a better validation loss; the best weights are used.',
    ],
    [
      `lamina train examples/spirals --set 'phases=[{"epochs":4,"learningRate":0.001,"frozen":{"allButLast":1}},{"epochs":8,"learningRate":0.0001,"frozen":[]}]'`,
      'Four epochs of the last layer, then eight of all layers at a smaller learning rate.',
    ],
    ['lamina train examples/spirals --resume last --epochs 40', 'Trains the newest run on, to epoch 40.'],
    ['lamina train examples/spirals --repeat 3', 'Run 3 once more, with the same numbers.'],
    ['lamina train examples/spirals --json | jq .val_loss', 'For scripts; progress stays on stderr.'],
  ],

  async run([folder = '.'], options, output) {
    const report = options['json'] === true ? jsonReport(output) : textReport(output);
    try {
      return await train(folder, options, report);
    } catch (thrown) {
      const error = AppError.from(thrown);
      if (error.code !== 'cli/bad-arguments') report.failed(error);
      throw error;
    }
  },
};

/** @returns The exit status that follows from the run's final state. */
async function train(folder: string, options: OptionValues, report: TrainingReport): Promise<number> {
  const configuration = configurationOverrides(options);
  const settings = settingsOf(options);
  const source = text(options, 'source');
  let run: RunSummary | null = null;
  let blocks: readonly ModelBlock[] = [];
  let epochs = 0;
  const onEvent: Emit = (name, payload) => {
    const event = { name, payload } as RunEvent;
    if (event.name === 'run.progress' && event.payload.runId === run?.id) {
      epochs = event.payload.epochs;
      report.progress(event.payload);
    }
    if (event.name === 'run.warning' && event.payload.runId === run?.id) report.warning(event.payload.message);
    if (event.name === 'run.command' && event.payload.runId === run?.id) report.command(event.payload.recorded, blocks);
    if (event.name === 'run.epoch' && event.payload.runId === run?.id) {
      report.epoch(event.payload.record, epochs);
    }
  };
  let queue: readonly QueuedRun[] = [];
  let reported = '';
  const reportQueue = (): void => {
    const index = queue.findIndex(({ runId }) => runId === run?.id);
    const before = queue.slice(0, index).map(({ key, state }) => `${state} ${key}`);
    if (run === null || queue[index]?.state !== 'waiting' || before.join() === reported) return;
    reported = before.join();
    report.queued(run, queue.slice(0, index));
  };
  const onQueue = (changed: readonly QueuedRun[]): void => {
    queue = changed;
    reportQueue();
  };
  const trainIn = async (session: ProjectSession): Promise<number> => {
    const project = requireDocuments(session);
    const adopted = source === undefined ? undefined : await otherData(project, source, report);
    if (typeof adopted === 'number') return adopted;
    const model = await chosenModel(project, text(options, 'model'));
    const { store, supervisor } = await session.openRuns();
    const request = { name: text(options, 'name'), ...earlierRun(store, options) };
    const now = options['now'] === true;
    const abandoned = Promise.withResolvers<void>();
    const send = (command: RunCommand): void => {
      supervisor.command(run!.id, command).catch((thrown: unknown) => {
        const { code, message } = AppError.from(thrown);
        // It has ended meanwhile.
        if (code !== 'training/not-active') report.warning(message);
      });
    };
    let stops = false;
    const stop = (): void => {
      stops = true;
      if (run !== null) send({ kind: 'stop', when: 'now' });
    };
    // Before the run starts: a signal without a handler would end this program, and not its trainer.
    const stopping = onStopSignal(stop, abandoned.resolve);
    const togglesPause = onPauseSignal(() => {
      if (run === null) return;
      const { state } = store.summary(run.id);
      send({ kind: state === 'pausing' || state === 'paused' ? 'resume' : 'pause' });
    });
    try {
      run = await session.train(request, { model, dataset: adopted?.document, configuration, settings, now });
      reportQueue();
      const from = request.continueFrom;
      if (from !== undefined) {
        const earlier = store.summary(from.runId);
        report.begins({ run: earlier, mode: from.mode, ...weightsOf(earlier, from.checkpoint) });
      }
      const { start, model: trained } = store.get(run.id);
      blocks = trained.blocks;
      if (start.kind === 'weights') report.beginsWith(start);
      if (stops) stop();
      await Promise.race([supervisor.ended(run.id), abandoned.promise]);
    } finally {
      stopping.ignore();
      togglesPause.ignore();
    }
    if (isActive(store.summary(run.id).state)) await killed(supervisor, run.id);
    const record = store.get(run.id);
    report.finished(record);
    return exitStatus(record.state, stopping.status);
  };
  return withProject(folder, trainIn, onEvent, onQueue);
}

/**
 * The project's data set with other data, which is reported.
 *
 * @returns The exit status of a signal that ended it.
 * @throws AppError 'dataset/…'.
 */
async function otherData(
  { folder, dataset }: ProjectSnapshot,
  path: string,
  report: TrainingReport,
): Promise<AdoptedSource | number> {
  const processes = new DataProcesses();
  const detect = async (signal: AbortSignal): Promise<AdoptedSource> => {
    const call = { path: resolve(path), replaced: dataset.source, projectFolder: folder };
    const adopted = adoptSource(
      dataset,
      await processes.call('detect', call, { signal, onProgress: (progress) => report.prepares(progress) }),
    );
    report.adopts(adopted);
    return adopted;
  };
  try {
    return await untilStopped<AdoptedSource | number>(detect, (status) => {
      report.failed(requestCancelled('train'));
      return status;
    });
  } finally {
    await processes.close();
  }
}

async function killed(supervisor: TrainingSupervisor, runId: string): Promise<void> {
  supervisor.kill(runId);
  await supervisor.ended(runId);
}

function exitStatus(state: RunState, signalled: number | undefined): number {
  if (state === 'completed') return EXIT.done;
  return signalled ?? (state === 'stopped' ? EXIT.interrupted : EXIT.failed);
}

function configurationOverrides(options: OptionValues): Partial<ProjectSnapshot['configuration']> {
  const epochs = wholeNumber(options, 'epochs', 1, MAX_COUNT);
  const batchSize = wholeNumber(options, 'batch-size', 1, MAX_COUNT);
  const seed = wholeNumber(options, 'seed', 0, MAX_SEED);
  const engine = choice(options, 'engine', ['tensorflow', 'onnx'] as const);
  return {
    ...(epochs !== undefined && { epochs }),
    ...(batchSize !== undefined && { batchSize }),
    ...(seed !== undefined && { seed }),
    ...(engine !== undefined && { engine }),
  };
}

/** @throws AppError 'cli/bad-arguments' if one has no name or no value. */
function settingsOf(options: OptionValues): Setting[] {
  return texts(options, 'set').map((text) => {
    const [, path, value] = /^([^=]+)=(.+)$/s.exec(text) ?? [];
    if (path !== undefined && value !== undefined) return { path, value: jsonOrText(value) };
    throw new AppError(
      'cli/bad-arguments',
      `--set expects NAME=VALUE, for instance earlyStopping.patience=5; received '${text}'.`,
    );
  });
}

function jsonOrText(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return text;
  }
}

/** @throws AppError 'cli/no-model' or 'document/…' if the file that `--model` names cannot be read. */
async function chosenModel(
  { folder }: ProjectSnapshot,
  fileName: string | undefined,
): Promise<ProjectSnapshot['model'] | undefined> {
  if (fileName === undefined) return undefined;
  const file = await readFile(resolve(folder, fileName), 'utf8').catch(async () => {
    const names = (await readdir(folder)).filter((name) => name.endsWith(MODEL_SUFFIX));
    throw new AppError(
      'cli/no-model',
      `--model expected a model of ${folder} (${names.join(', ') || 'there is none'}); received '${fileName}'. Choose one of them.`,
      { fileName },
    );
  });
  const { document, problems } = readDocument(modelKind, fileName, file);
  if (document === null || problems.length > 0) throw AppError.from(problems[0]);
  return document;
}
