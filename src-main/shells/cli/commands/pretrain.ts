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
  layersInWords,
  noiseKinds,
  pretrainingRefusal,
  usualAmount,
} from '../../../../src-shared/starting-points/pretraining/autoencoder.ts';
import type { Autoencoder, PretrainingNoise } from '../../../../src-shared/starting-points/pretraining/autoencoder.ts';
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

/** Largest standard deviation of the noise. */
const MOST_NOISE = 1e6;

export const pretrainCommand: Command = {
  name: 'pretrain',
  summary: 'Trains layers without targets, to reproduce their input, and gives the model their weights.',
  usage: '<project folder> --to LAYER [options]',
  positionals: { min: 1, max: 1 },
  options: {
    to: { type: 'string', placeholder: 'LAYER', help: 'Name of the last layer to pretrain. Required.' },
    noise: {
      type: 'string',
      placeholder: 'KIND',
      help: "'none' (the default), 'gaussian' or 'masking': the input gets noise, and the layers learn to remove it.",
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
  const noise = noiseOf(options);
  const configuration = configurationOverrides(options);
  const settings = settingsOf(options);
  const source = text(options, 'source');
  return withTraining(folder, report, async (session, train) => {
    const project = requireDocuments(session);
    layerNamed(project.model.nodes, 'to', text(options, 'to'), 'the last layer to pretrain');
    const adopted = source === undefined ? undefined : await otherData(project, source, report);
    if (typeof adopted === 'number') return adopted;
    const dataset = withoutTargets(adopted?.document ?? project.dataset);
    const features = await featuresOf(project, dataset, report);
    if (typeof features === 'number') return features;
    const autoencoders = autoencodersOf(project, features, noise, options);
    const overrides = { dataset, settings, now: options['now'] === true };
    const trainOne = (autoencoder: Autoencoder, continueFrom: RequestedRun['continueFrom']) => {
      const name = `autoencoder of ${layersInWords(autoencoder.layers)}`;
      const { document: model } = autoencoder;
      const own = { ...autoencoder.configuration, ...configuration };
      return train({ name, continueFrom }, { ...overrides, model, configuration: own });
    };
    return trainAll(session, autoencoders, trainOne, output);
  });
}

/** Trains autoencoders, each from the weights of the one before, and gives the model the weights of the last. */
async function trainAll(
  session: ProjectSession,
  autoencoders: readonly Autoencoder[],
  train: (autoencoder: Autoencoder, from: RequestedRun['continueFrom']) => ReturnType<TrainHere>,
  output: Output,
): Promise<number> {
  const { store } = await session.openRuns();
  let from: RequestedRun['continueFrom'];
  for (const autoencoder of autoencoders) {
    const { record, status } = await train(autoencoder, from);
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

/** @throws AppError 'cli/bad-arguments', 'model/not-pretrained'. */
function autoencodersOf(
  { model }: ProjectSnapshot,
  features: FeatureSpec,
  noise: PretrainingNoise,
  options: OptionValues,
): Autoencoder[] {
  const end = layerNamed(model.nodes, 'to', text(options, 'to'), 'the last layer to pretrain');
  const { nodes } = analyze(model, features);
  const refusal = pretrainingRefusal(model, end, nodes);
  if (refusal !== null) throw new AppError('model/not-pretrained', refusal, { layer: end.name });
  const parts = options['layer-by-layer'] === true ? layerByLayer(model, end, nodes) : [{ end, trainedUpTo: null }];
  if (parts.length > 1 && model.weights !== undefined) {
    throw new AppError(
      'model/not-pretrained',
      `Layer by layer is for a model that starts from the seed; this one starts from ${model.weights.label}. Leave out --layer-by-layer.`,
    );
  }
  return parts.map((part) => autoencoderUpTo(model, part, features, nodes, noise, randomUUID));
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
