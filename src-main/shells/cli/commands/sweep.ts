import type { ProjectSnapshot } from '../../../../src-shared/contract/contract.ts';
import type { FeatureSpec } from '../../../../src-shared/data/prepared.ts';
import { analyze } from '../../../../src-shared/diagnostics/analyze.ts';
import { AppError } from '../../../../src-shared/errors/app-error.ts';
import { frozenLayers, withLastTrained } from '../../../../src-shared/starting-points/reuse-variants.ts';
import type { RunSummary } from '../../../../src-shared/training/run/run.ts';
import { spreadOf } from '../../../../src-shared/training/run/spread.ts';
import type { Spread } from '../../../../src-shared/training/run/spread.ts';
import { layerNamed, text, texts, wholeNumber } from '../options/arguments.ts';
import { EXIT } from '../options/command.ts';
import type { Command, OptionValues } from '../options/command.ts';
import { withTraining } from '../options/follow-training.ts';
import { headAt, preparedData } from '../options/new-head.ts';
import { requireDocuments } from '../options/open-project.ts';
import { configurationOverrides, settingsOf, trainingOptions } from '../options/training-options.ts';
import { formatDuration, formatNumber, formatPercent } from '../terminal/format.ts';
import type { Output } from '../terminal/output.ts';
import { table } from '../terminal/table.ts';
import { jsonReport, textReport } from '../terminal/training-report.ts';

const MOST_SEEDS = 100;
const USUAL_SEEDS = 3;
/** Adam's default rate becomes one that leaves trained layers intact. */
const USUAL_MULTIPLIER = 0.01;

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
      help: 'How many of the last kept layers with weights train with the head. Can be repeated; 0 by default, the head alone.',
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
    ...trainingOptions,
  },
  examples: [
    [
      'lamina sweep bees --train-last 0 --train-last 20 --seeds 5',
      'The head alone, and with the last 20 frozen layers: ten runs and a table with mean and spread.',
    ],
    ['lamina sweep bees --at pool --at block5', 'A new head on two cuts of the model, all layers below it frozen.'],
  ],

  run([folder = ''], options, output) {
    const report = options['json'] === true ? jsonReport(output) : textReport(output);
    const plan = planOf(options);
    return withTraining(folder, report, async (session, train) => {
      const project = requireDocuments(session);
      const onProgress = (progress: Parameters<typeof report.prepares>[0]): void => report.prepares(progress);
      const { dataset, features } = await preparedData(project, text(options, 'source'), {
        signal: new AbortController().signal,
        onProgress,
      });
      const variants = variantsOf({ ...project, dataset }, features, plan);
      const first = plan.configuration.seed ?? project.configuration.seed;
      const seeds = Array.from({ length: plan.seeds }, (_, index) => first + index);
      const runs = new Map<Variant, RunSummary[]>(variants.map((variant) => [variant, []]));
      // Seed by seed: a sweep that is stopped has compared all variants equally often.
      for (const seed of seeds) {
        for (const variant of variants) {
          const name = `sweep: ${variant.name}, seed ${seed}`;
          const { model, dataset: data } = variant;
          const configuration = { ...plan.configuration, seed };
          const overrides = {
            model,
            dataset: data,
            configuration,
            settings: plan.settings,
            now: options['now'] === true,
          };
          const { record, status } = await train({ name }, overrides);
          if (status === EXIT.interrupted || status === EXIT.terminated) {
            printResults(runs, plan.metric, options, output);
            return status;
          }
          if (status === EXIT.done) runs.get(variant)!.push(record);
        }
      }
      printResults(runs, plan.metric, options, output);
      return [...runs.values()].every(({ length }) => length === seeds.length) ? EXIT.done : EXIT.failed;
    });
  },
};

interface Variant {
  readonly name: string;
  /** The last kept layer; null: the model as it is. */
  readonly cut: string | null;
  readonly trained: number;
  readonly model: ProjectSnapshot['model'];
  readonly dataset: ProjectSnapshot['dataset'];
}

interface Plan {
  readonly cuts: readonly string[];
  readonly trained: readonly number[];
  readonly multiplier: number;
  readonly seeds: number;
  readonly metric: string | undefined;
  readonly configuration: ReturnType<typeof configurationOverrides>;
  readonly settings: ReturnType<typeof settingsOf>;
}

/** @throws AppError 'cli/bad-arguments'. */
function planOf(options: OptionValues): Plan {
  const counts = texts(options, 'train-last').map((given) =>
    wholeNumber({ 'train-last': given }, 'train-last', 0, 100_000)!,
  );
  const multiplier = Number(text(options, 'multiplier') ?? USUAL_MULTIPLIER);
  if (!(multiplier > 0 && multiplier <= 1)) {
    throw new AppError(
      'cli/bad-arguments',
      `--multiplier expects a number above 0, at most 1; received '${text(options, 'multiplier')}'.`,
    );
  }
  return {
    cuts: [...new Set(texts(options, 'at'))],
    trained: counts.length === 0 ? [0] : [...new Set(counts)],
    multiplier,
    seeds: wholeNumber(options, 'seeds', 1, MOST_SEEDS) ?? USUAL_SEEDS,
    metric: text(options, 'metric'),
    configuration: configurationOverrides(options),
    settings: settingsOf(options),
  };
}

/** @throws AppError 'cli/bad-arguments', 'model/no-new-head'. */
function variantsOf(project: ProjectSnapshot, features: FeatureSpec, { cuts, trained, multiplier }: Plan): Variant[] {
  const { model, dataset } = project;
  const kept = cuts.map((name) => {
    const end = layerNamed(model.nodes, 'at', name, 'the last layer to keep');
    const made = headAt({ model, dataset, features }, end);
    return { cut: name as string | null, model: made.model, dataset: made.dataset };
  });
  const given = kept.length > 0 ? kept : [{ cut: null, model, dataset }];
  return given.flatMap((part) => {
    const frozen = frozenLayers(part.model, analyze(part.model, features).nodes);
    return trained.map((count): Variant => {
      const where = part.cut === null ? '' : `kept up to ${part.cut}, `;
      const name = `${where}${count === 0 ? 'head alone' : `last ${count} trained`}`;
      if (count <= frozen.length) {
        return { ...part, name, trained: count, model: withLastTrained(part.model, frozen, count, multiplier) };
      }
      throw new AppError(
        'cli/bad-arguments',
        `--train-last expects at most ${frozen.length}, the frozen layers with weights${part.cut === null ? '' : ` up to '${part.cut}'`}; received ${count}.${frozen.length === 0 ? ' Freeze layers, or name the last one to keep with --at.' : ''}`,
      );
    });
  });
}

interface Row {
  readonly variant: Variant;
  readonly runs: readonly RunSummary[];
  readonly spread: Spread | null;
}

function printResults(
  runs: ReadonlyMap<Variant, readonly RunSummary[]>,
  wanted: string | undefined,
  options: OptionValues,
  output: Output,
): void {
  const all = [...runs.values()].flat();
  const metric =
    wanted ?? ['val_accuracy', 'val_loss', 'loss'].find((name) => all.some((run) => name in run.bestMetrics)) ?? 'loss';
  const rows = [...runs].map(([variant, made]): Row => {
    const values = made.flatMap(({ bestMetrics }) => bestMetrics[metric] ?? []);
    return { variant, runs: made, spread: spreadOf(values) };
  });
  if (options['json'] === true) {
    const results = rows.map(({ variant: { cut, trained }, runs: made, spread }) => ({
      cut,
      trained,
      runs: made.map(({ number }) => number),
      ...spread,
    }));
    output.json({ metric, results });
    return;
  }
  const shown = (value: number): string => (metric.endsWith('accuracy') ? formatPercent(value) : formatNumber(value));
  const lines = rows.map(({ variant: { cut, trained }, runs: made, spread }) => [
    cut ?? '',
    trained === 0 ? 'head alone' : `last ${trained}`,
    ...(spread === null
      ? ['', '', '', '']
      : [
          shown(spread.mean),
          spread.deviation === null ? '' : shown(spread.deviation),
          shown(spread.least),
          shown(spread.most),
        ]),
    String(made.length),
    formatDuration(made.reduce((sum, run) => sum + durationMs(run), 0)),
  ]);
  const header = ['kept up to', 'trained', metric, 'deviation', 'least', 'most', 'runs', 'time'];
  for (const line of table([header, ...lines])) output.line(line);
}

function durationMs({ createdAt, endedAt }: RunSummary): number {
  return endedAt === null ? 0 : Date.parse(endedAt) - Date.parse(createdAt);
}
