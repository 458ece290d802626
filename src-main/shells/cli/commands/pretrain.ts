import { randomUUID } from 'node:crypto';
import type { ProjectSnapshot } from '../../../../src-shared/contract/contract.ts';
import { withoutTargets } from '../../../../src-shared/data/dataset-document.ts';
import type { DatasetDocument } from '../../../../src-shared/data/dataset-document.ts';
import type { FeatureSpec } from '../../../../src-shared/data/prepared.ts';
import { analyze } from '../../../../src-shared/diagnostics/analyze.ts';
import { AppError } from '../../../../src-shared/errors/app-error.ts';
import {
  autoencoderUpTo,
  layerByLayer,
  noiseKinds,
  usualAmount,
} from '../../../../src-shared/starting-points/pretraining/autoencoder.ts';
import type { PretrainingNoise } from '../../../../src-shared/starting-points/pretraining/autoencoder.ts';
import { classifierUpTo, madeTargetFor } from '../../../../src-shared/starting-points/pretraining/classifier.ts';
import type { Pretraining } from '../../../../src-shared/starting-points/pretraining/encoder.ts';
import {
  pretrainingData,
  pretrainingName,
  pretrainingRefusal,
  pretrainingTargets,
} from '../../../../src-shared/starting-points/pretraining/pretraining.ts';
import type { PretrainingTarget } from '../../../../src-shared/starting-points/pretraining/pretraining.ts';
import { weightsForUse } from '../../../../src-shared/training/run/run-weights.ts';
import { DataProcesses } from '../../../core/data-processes.ts';
import type { ProjectSession } from '../../../core/projects/project-session.ts';
import { keepPretrained } from '../../../core/training/pretrained-weights.ts';
import type { RequestedRun } from '../../../core/training/plan-run.ts';
import { choice, layerNamed, text } from '../options/arguments.ts';
import { EXIT } from '../options/command.ts';
import type { Command, OptionValues } from '../options/command.ts';
import { withTraining } from '../options/follow-training.ts';
import type { TrainHere } from '../options/follow-training.ts';
import { requireDocuments } from '../options/open-project.ts';
import { configurationOverrides, otherData, settingsOf, trainingOptions } from '../options/training-options.ts';
import { untilStopped } from '../options/stop-signal.ts';
import type { Output } from '../terminal/output.ts';
import { jsonReport, textReport } from '../terminal/training-report.ts';
import type { TrainingReport } from '../terminal/training-report.ts';
import { requireTable } from '../options/table-options.ts';

/** Largest standard deviation of the noise. */
const MOST_NOISE = 1e6;

export const pretrainCommand: Command = {
  name: 'pretrain',
  summary: 'Trains layers without labels, and gives the model their weights.',
  usage: '<project folder> --to LAYER [options]',
  positionals: { min: 1, max: 1 },
  options: {
    to: { type: 'string', placeholder: 'LAYER', help: 'Name of the last layer to pretrain. Required.' },
    target: {
      type: 'string',
      placeholder: 'TARGET',
      help: "What is learned: 'input' (the default), to reproduce the input; 'rotation', by how much a picture is rotated; 'noise', to tell rows from rows whose values are drawn independently; 'masked-token' or 'next-token', of rows that an Embedding reads, in which 0 is padding.",
    },
    noise: {
      type: 'string',
      placeholder: 'KIND',
      help: "With --target input: 'none' (the default), 'gaussian' or 'masking': the input gets noise, and the layers learn to remove it.",
    },
    amount: {
      type: 'string',
      placeholder: 'X',
      help: `Standard deviation of the noise (${usualAmount.gaussian} by default), or part of the values that become 0 (${usualAmount.masking}).`,
    },
    'layer-by-layer': { type: 'boolean', help: 'One run for each layer, with the layers before it frozen.' },
    ...trainingOptions,
  },
  examples: [
    [
      'lamina pretrain digits --to hidden2',
      "An autoencoder of the layers up to 'hidden2'; then 'lamina train digits'.",
    ],
    [
      'lamina pretrain digits --to hidden2 --noise masking --amount 0.3 --epochs 20',
      'A denoising autoencoder: 30 % of the values become 0.',
    ],
    [
      'lamina pretrain bees --to code --target rotation',
      'Each picture in four rotations; the layers learn to tell by how much.',
    ],
    [
      'lamina pretrain bees --to code --source photographs',
      'With other pictures of the same kind; they need no labels.',
    ],
  ],

  async run([folder = ''], options, output) {
    const report = options['json'] === true ? jsonReport(output) : textReport(output);
    try {
      return await pretrain(folder, options, report, output);
    } catch (thrown) {
      const error = AppError.from(thrown);
      if (error.code !== 'cli/bad-arguments') report.failed(error);
      throw error;
    }
  },
};

function pretrain(folder: string, options: OptionValues, report: TrainingReport, output: Output): Promise<number> {
  const task = taskOf(options);
  requireTable(options);
  const configuration = configurationOverrides(options);
  const settings = settingsOf(options);
  const source = text(options, 'source');
  return withTraining(folder, report, async (session, train) => {
    const project = requireDocuments(session);
    layerNamed(project.model.nodes, 'to', text(options, 'to'), 'the last layer to pretrain');
    const adopted = source === undefined ? undefined : await otherData(project, source, options, report);
    if (typeof adopted === 'number') return adopted;
    const dataset = adopted?.document ?? project.dataset;
    const features = await featuresOf(project, withoutTargets(dataset), report);
    if (typeof features === 'number') return features;
    const seed = configuration.seed ?? project.configuration.seed;
    const runs = runsOf(project, { features, dataset, seed }, task, options);
    const trainOne = (run: Pretraining, continueFrom: RequestedRun['continueFrom']) => {
      const own = { ...run.configuration, ...configuration };
      const { document: model } = run;
      const now = options['now'] === true;
      const documents = { dataset: pretrainingData(dataset, run), settings, now, model, configuration: own };
      return train({ name: pretrainingName(run), continueFrom }, documents);
    };
    return trainAll(session, runs, trainOne, output);
  });
}

/** Trains models, each from the weights of the one before, and gives the model the weights of the last. */
async function trainAll(
  session: ProjectSession,
  runs: readonly Pretraining[],
  train: (run: Pretraining, from: RequestedRun['continueFrom']) => ReturnType<TrainHere>,
  output: Output,
): Promise<number> {
  const { store } = await session.openRuns();
  let from: RequestedRun['continueFrom'];
  for (const run of runs) {
    const { record, status } = await train(run, from);
    if (status !== EXIT.done) {
      output.note(`Run ${record.number} was not completed, so the model keeps the weights that it had.`);
      return status;
    }
    from = { runId: record.id, checkpoint: weightsForUse(record), mode: 'weights' };
  }
  const { model, modelRevision } = await session.project.freshSnapshot();
  const weights = await keepPretrained(store, model.weights, from!.runId, from!.checkpoint);
  await session.saveModel({ ...model, weights }, modelRevision);
  output.note(`New runs of the model start from ${weights.label}.`);
  return EXIT.done;
}

interface Task {
  readonly target: PretrainingTarget;
  readonly noise: PretrainingNoise;
}

/** @throws AppError 'cli/bad-arguments', 'model/not-pretrained'. */
function runsOf(
  { model }: ProjectSnapshot,
  data: { readonly features: FeatureSpec; readonly dataset: DatasetDocument; readonly seed: number },
  { target, noise }: Task,
  options: OptionValues,
): Pretraining[] {
  const end = layerNamed(model.nodes, 'to', text(options, 'to'), 'the last layer to pretrain');
  const { nodes } = analyze(model, data.features);
  const refusal = pretrainingRefusal(model, end, target, data, nodes);
  if (refusal !== null) throw new AppError('model/not-pretrained', refusal, { layer: end.name });
  if (target !== 'input') {
    return [classifierUpTo(model, end, madeTargetFor(model, end, target, data), nodes, randomUUID)];
  }
  const parts = options['layer-by-layer'] === true ? layerByLayer(model, end, nodes) : [{ end, trainedUpTo: null }];
  if (parts.length > 1 && model.weights !== undefined) {
    throw new AppError(
      'model/not-pretrained',
      `Layer by layer is for a model that starts from the seed; this one starts from ${model.weights.label}. Leave out --layer-by-layer.`,
    );
  }
  return parts.map((part) => autoencoderUpTo(model, part, data.features, nodes, noise, randomUUID));
}

/** @throws AppError 'cli/bad-arguments'. */
function taskOf(options: OptionValues): Task {
  const target = choice(options, 'target', pretrainingTargets) ?? 'input';
  const misplaced = ['noise', 'amount', 'layer-by-layer'].find((name) => options[name] !== undefined);
  if (target !== 'input' && misplaced !== undefined) {
    throw new AppError(
      'cli/bad-arguments',
      `--${misplaced} is for --target input; received --target ${target}. Leave out one of them.`,
    );
  }
  return { target, noise: noiseOf(options) };
}

/** @throws AppError 'cli/bad-arguments'. */
function noiseOf(options: OptionValues): PretrainingNoise {
  const kind = choice(options, 'noise', noiseKinds) ?? 'none';
  const given = text(options, 'amount');
  if (given === undefined) return { kind, amount: usualAmount[kind] };
  const amount = Number(given);
  const fits = kind === 'masking' ? amount > 0 && amount < 1 : amount > 0 && amount <= MOST_NOISE;
  if (kind !== 'none' && given.trim() !== '' && fits) return { kind, amount };
  const expected =
    kind === 'none'
      ? 'needs --noise gaussian or masking'
      : `expects a number above 0${kind === 'masking' ? ' and below 1' : ''}`;
  throw new AppError('cli/bad-arguments', `--amount ${expected}; received '${given}'.`);
}

/** What models of the data set receive. @returns The exit status of a signal that ended it. @throws AppError 'dataset/…'. */
async function featuresOf(
  { folder }: ProjectSnapshot,
  document: DatasetDocument,
  report: TrainingReport,
): Promise<FeatureSpec | number> {
  const processes = new DataProcesses();
  try {
    return await untilStopped<FeatureSpec | number>(
      async (signal) => {
        const call = { document, projectFolder: folder };
        return (await processes.call('prepare', call, { signal, onProgress: (now) => report.prepares(now) })).spec;
      },
      (status) => status,
    );
  } finally {
    await processes.close();
  }
}
