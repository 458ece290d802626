import { readdir, readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { AppError } from '../../../../src-shared/errors/app-error.ts';
import type { EventPayload, ProjectSnapshot } from '../../../../src-shared/contract/contract.ts';
import type { RunState } from '../../../../src-shared/training/run/run.ts';
import { weightsOf } from '../../../../src-shared/training/run/run-weights.ts';
import { withSource } from '../../../data/prepared/with-source.ts';
import { runVersions } from '../../../core/projects/project-session.ts';
import { modelKind } from '../../../core/projects/documents/document-kinds.ts';
import { readDocument } from '../../../core/projects/documents/read-document.ts';
import { MODEL_SUFFIX } from '../../../../src-shared/project/project-document.ts';
import { isActive } from '../../../../src-shared/training/run/run.ts';
import { whenFree } from '../../../runs/when-free.ts';
import { planRun } from '../../../core/training/plan-run.ts';
import type { EmitRunEvent } from '../../../core/training/run-events.ts';
import type { TrainingSupervisor } from '../../../core/training/supervisor.ts';
import { choice, text, wholeNumber } from '../options/arguments.ts';
import { EXIT } from '../options/command.ts';
import type { Command, OptionValues } from '../options/command.ts';
import { earlierRun, earlierRunOptions } from '../options/earlier-run.ts';
import { readProject } from '../options/open-project.ts';
import { onStopSignal } from '../options/stop-signal.ts';
import { jsonReport, textReport } from '../terminal/training-report.ts';
import type { TrainingReport } from '../terminal/training-report.ts';
import { withTraining } from '../options/with-training.ts';
import type { OpenRuns } from '../options/with-training.ts';

type RunEvent =
  | { name: 'run.progress'; payload: EventPayload<'run.progress'> }
  | { name: 'run.epoch'; payload: EventPayload<'run.epoch'> }
  | { name: 'run.warning'; payload: EventPayload<'run.warning'> }
  | { name: 'run.changed'; payload: EventPayload<'run.changed'> };

const MAX_COUNT = 1_000_000;
const MAX_SEED = 0xffffffff;

export const trainCommand: Command = {
  name: 'train',
  summary: "Trains a project's model and records the run.",
  usage: '<project folder> [options]',
  positionals: { min: 1, max: 1 },
  options: {
    source: { type: 'string', placeholder: 'PATH', help: 'Other data files of the same kind, for this run alone.' },
    model: { type: 'string', placeholder: 'FILE', help: "Another model of the project's folder, for this run alone." },
    epochs: { type: 'string', placeholder: 'N', help: "Epochs to train; the project's number by default." },
    'batch-size': { type: 'string', placeholder: 'N', help: "Rows in a batch; the project's number by default." },
    seed: { type: 'string', placeholder: 'N', help: 'The key of all randomness: the same seed gives the same run.' },
    engine: { type: 'string', placeholder: 'NAME', help: 'tensorflow or onnx; the preferred one by default.' },
    ...earlierRunOptions,
    name: { type: 'string', placeholder: 'TEXT', help: 'A name for the run.' },
    json: { type: 'boolean', help: 'One JSON object a line: every warning and epoch, and one at the end.' },
  },
  examples: [
    ['lamina train examples/spirals', 'Trains as the project says.'],
    [
      'lamina train examples/mnist --source ../shared/data/mnist --epochs 5 --seed 1',
      "With other files than the project's own.",
    ],
    ['lamina train examples/xor --model one-layer.lamina.json', "Another model than the project's own."],
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
  const overrides = configurationOverrides(options);
  const project = await readProject(folder);
  const configuration = { ...project.configuration, ...overrides };
  const dataset = await chosenDataset(project, text(options, 'source'));
  const model = await chosenModel(project, text(options, 'model'));

  let runId: string | null = null;
  let { epochs } = configuration;
  const onEvent: EmitRunEvent = (name, payload) => {
    const event = { name, payload } as RunEvent;
    if (event.name === 'run.progress' && event.payload.runId === runId) report.progress(event.payload);
    if (event.name === 'run.warning' && event.payload.runId === runId) report.warning(event.payload.message);
    if (event.name === 'run.epoch' && event.payload.runId === runId) {
      report.epoch(event.payload.record, epochs);
    }
  };
  const name = text(options, 'name');
  const trainIn = async ({ store, supervisor }: OpenRuns): Promise<number> => {
    const request = { name, ...earlierRun(store, options) };
    const planned = planRun(store, { model, dataset, configuration }, request, overrides);
    epochs = planned.configuration.epochs;
    const from = request.continueFrom;
    if (from !== undefined) {
      const earlier = store.summary(from.runId);
      report.begins({ run: earlier, mode: from.mode, ...weightsOf(earlier, from.checkpoint) });
    }
    const run = await whenFree(() => supervisor.start({ ...planned, versions: runVersions() }));
    runId = run.id;
    const abandoned = Promise.withResolvers<void>();
    const stopping = onStopSignal(() => supervisor.stop(run.id), abandoned.resolve);
    await Promise.race([supervisor.ended(run.id), abandoned.promise]);
    stopping.ignore();
    if (isActive(store.summary(run.id).state)) await killed(supervisor, run.id);
    const record = store.get(run.id);
    report.finished(record);
    return exitStatus(record.state, stopping.status);
  };
  return withTraining(folder, trainIn, onEvent);
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

/** @throws AppError 'cli/no-model', 'document/…' where `--model` names none that can be read. */
async function chosenModel(
  { folder, model }: ProjectSnapshot,
  fileName: string | undefined,
): Promise<ProjectSnapshot['model']> {
  if (fileName === undefined) return model;
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

/** `--source` applies to this run only: the project's document does not change. */
async function chosenDataset(
  project: ProjectSnapshot,
  source: string | undefined,
): Promise<ProjectSnapshot['dataset']> {
  return source === undefined ? project.dataset : withSource(project.dataset, resolve(source));
}
