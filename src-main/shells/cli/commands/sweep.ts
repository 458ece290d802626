import { randomUUID } from 'node:crypto';
import type { ProjectSnapshot } from '../../../../src-shared/contract/contract.ts';
import type { FeatureSpec } from '../../../../src-shared/data/prepared.ts';
import { AppError } from '../../../../src-shared/errors/app-error.ts';
import {
  requireNoPhaseFreezing,
  reuseVariants,
  USUAL_MULTIPLIER,
} from '../../../../src-shared/starting-points/templates/reuse-variants.ts';
import type { ReuseVariant } from '../../../../src-shared/starting-points/templates/reuse-variants.ts';
import {
  comparisonCells,
  comparisonHeader,
  compareGroup,
  membersOf,
} from '../../../../src-shared/training/run/group-comparison.ts';
import type { GroupComparison } from '../../../../src-shared/training/run/group-comparison.ts';
import type { RunSummary } from '../../../../src-shared/training/run/run.ts';
import { withSettings } from '../../../core/training/settings.ts';
import { layerNamed, text, texts, wholeNumber } from '../options/arguments.ts';
import { EXIT } from '../options/command.ts';
import type { Command, OptionValues } from '../options/command.ts';
import { withTraining } from '../options/follow-training.ts';
import { preparedData } from '../options/prepared-data.ts';
import { requireDocuments } from '../options/open-project.ts';
import { configurationOverrides, settingsOf, trainingOptions } from '../options/training-options.ts';
import { formatDuration, formatNumber, formatPercent } from '../terminal/format.ts';
import type { Output } from '../terminal/output.ts';
import { table } from '../terminal/table.ts';
import { jsonReport, textReport } from '../terminal/training-report.ts';

const MOST_SEEDS = 100;
const USUAL_SEEDS = 3;

// All runs of a group would train at once.
const { now: _, ...queuedOptions } = trainingOptions;

export const sweepCommand: Command = {
  name: 'sweep',
  summary: 'How many layers to reuse? Trains several cuts and freezes of a model and compares them.',
  usage: '<project folder> [options]',
  positionals: { min: 1, max: 1 },
  options: {
    at: {
      type: 'string',
      multiple: true,
      placeholder: 'LAYER',
      help: 'Keep the model up to this layer, with a new head. Can be repeated; the model as it is by default.',
    },
    'train-last': {
      type: 'string',
      multiple: true,
      placeholder: 'N',
      help: "How many of the last kept layers with weights train with the head, or 'all'. Can be repeated; 0 by default, the head alone.",
    },
    multiplier: {
      type: 'string',
      placeholder: 'X',
      help: `Their factor of the learning rate; ${USUAL_MULTIPLIER} by default.`,
    },
    seeds: { type: 'string', placeholder: 'N', help: `Seeds, from --seed on; ${USUAL_SEEDS} by default.` },
    metric: {
      type: 'string',
      placeholder: 'NAME',
      help: 'The metric to compare, at the best epoch; val_accuracy or else val_loss by default.',
    },
    name: { type: 'string', placeholder: 'TEXT', help: "Of the group of runs; 'sweep' by default." },
    continue: {
      type: 'string',
      placeholder: 'RUN',
      help: 'Trains, instead of a new sweep, the runs that were stopped or interrupted in the group of this run (its number or its id).',
    },
    ...queuedOptions,
  },
  examples: [
    [
      'lamina sweep bees --train-last 0 --train-last 20 --seeds 5',
      'The head alone, and with the last 20 frozen layers: ten runs and a table with mean and spread.',
    ],
    ['lamina sweep bees --at pool --at block5', 'A new head on two cuts of the model, all layers below it frozen.'],
    ['lamina sweep bees --continue 7', 'The runs of the sweep of run 7 that were interrupted.'],
  ],

  run([folder = ''], options, output) {
    const report = options['json'] === true ? jsonReport(output) : textReport(output);
    const plan = planOf(options);
    return withTraining(folder, report, async (session, _train, trainGroup) => {
      const { store } = await session.openRuns();
      const start = async (): Promise<RunSummary[]> => {
        if (plan.continues !== undefined)
          return session.continueGroup(groupOf(store.summary(store.resolve(plan.continues))));
        const project = requireDocuments(session);
        requireNoPhaseFreezing(withSettings(project.configuration, plan.settings));
        const onProgress = (progress: Parameters<typeof report.prepares>[0]): void => report.prepares(progress);
        const data = await preparedData(project, options, {
          signal: new AbortController().signal,
          onProgress,
        });
        const variants = variantsOf(project, data, plan).map(({ name, model, dataset }) => ({
          name,
          documents: { model, dataset, configuration: project.configuration },
        }));
        const first = plan.configuration.seed ?? project.configuration.seed;
        const seeds = Array.from({ length: plan.seeds }, (_, index) => first + index);
        return session.trainGroup({ name: plan.name, variants, seeds }, plan);
      };
      const trained = await trainGroup(start);
      const [first] = trained;
      const members = membersOf(store.list(), first!.record.group!.id);
      printResults(compareGroup(members, plan.metric), options, output);
      const signalled = trained.find(({ status }) => status === EXIT.interrupted || status === EXIT.terminated);
      if (signalled !== undefined) return signalled.status;
      return members.every(({ state }) => state === 'completed') ? EXIT.done : EXIT.failed;
    });
  },
};

interface Plan {
  readonly name: string;
  readonly cuts: readonly string[];
  readonly trained: readonly (number | 'all')[];
  readonly multiplier: number;
  readonly seeds: number;
  readonly metric: string | undefined;
  /** A run of the group to continue. */
  readonly continues: string | undefined;
  readonly configuration: ReturnType<typeof configurationOverrides>;
  readonly settings: ReturnType<typeof settingsOf>;
}

/** @throws AppError 'cli/bad-arguments'. */
function planOf(options: OptionValues): Plan {
  const counts = texts(options, 'train-last').map((given) =>
    given === 'all' ? given : wholeNumber({ 'train-last': given }, 'train-last', 0, 100_000)!,
  );
  const multiplier = Number(text(options, 'multiplier') ?? USUAL_MULTIPLIER);
  if (!(multiplier > 0 && multiplier <= 1)) {
    throw new AppError(
      'cli/bad-arguments',
      `--multiplier expects a number above 0, at most 1; received '${text(options, 'multiplier')}'.`,
    );
  }
  const continues = text(options, 'continue');
  const others = Object.keys(options).filter((name) => !['continue', 'metric', 'json'].includes(name));
  if (continues !== undefined && others.length > 0) {
    throw new AppError(
      'cli/bad-arguments',
      `--continue trains runs as they were recorded; received also --${others[0]}. Leave it out, or start a new sweep.`,
    );
  }
  return {
    name: text(options, 'name') ?? 'sweep',
    cuts: [...new Set(texts(options, 'at'))],
    trained: counts.length === 0 ? [0] : counts,
    multiplier,
    seeds: wholeNumber(options, 'seeds', 1, MOST_SEEDS) ?? USUAL_SEEDS,
    metric: text(options, 'metric'),
    continues,
    configuration: configurationOverrides(options),
    settings: settingsOf(options),
  };
}

/** @throws AppError 'runs/no-group'. */
function groupOf({ number, group }: RunSummary): string {
  if (group !== null) return group.id;
  throw new AppError(
    'runs/no-group',
    `Run ${number} is part of no group. Choose a run of a sweep; 'lamina runs --json' shows the groups.`,
  );
}

/** @throws AppError 'cli/bad-arguments', 'model/no-new-head'. */
function variantsOf(
  { model }: ProjectSnapshot,
  { dataset, features }: { dataset: ProjectSnapshot['dataset']; features: FeatureSpec },
  { cuts, trained, multiplier }: Plan,
): ReuseVariant[] {
  const ends = cuts.map((name) => layerNamed(model.nodes, 'at', name, 'the last layer to keep'));
  try {
    return reuseVariants({ model, dataset, features }, { cuts: ends, trained, multiplier }, randomUUID);
  } catch (thrown) {
    const { code, message } = AppError.from(thrown);
    throw code === 'training/too-many-trained' ? new AppError('cli/bad-arguments', `--train-last: ${message}`) : thrown;
  }
}

function printResults({ metric, metrics, variants }: GroupComparison, options: OptionValues, output: Output): void {
  if (options['json'] === true) {
    const results = variants.map(({ variant, completed, without, spread }) => ({
      variant,
      runs: completed.map(({ number }) => number),
      withoutResult: without.map(({ number, state }) => ({ number, state })),
      ...spread,
    }));
    output.json({ metric, results });
  } else {
    const shown = (value: number): string => (metric.endsWith('accuracy') ? formatPercent(value) : formatNumber(value));
    const rows = variants.map((result) => comparisonCells(result, shown, formatDuration));
    for (const line of table([comparisonHeader(metric), ...rows])) output.line(line);
  }
  if (metrics.length > 0 && !metrics.includes(metric)) {
    output.note(`lamina: no run has the metric '${metric}'; they have ${metrics.join(', ')}.`);
  }
}
