import { analyze } from '../../../../src-shared/diagnostics/analyze.ts';
import { randomFrozenAtStart } from '../../../../src-shared/diagnostics/checks/random-frozen.ts';
import type { NamedShape, StartedModel } from '../../../../src-shared/diagnostics/checks/random-frozen.ts';
import { AppError } from '../../../../src-shared/errors/app-error.ts';
import {
  requireNoPhaseFreezing,
  reuseVariants,
} from '../../../../src-shared/starting-points/templates/reuse-variants.ts';
import type {
  PreparedModel,
  ReuseChoice,
  ReuseVariant,
} from '../../../../src-shared/starting-points/templates/reuse-variants.ts';
import type { TrainingConfiguration } from '../../../../src-shared/training/configuration/configuration.ts';
import { msPerEpoch } from '../../../../src-shared/training/run/group-comparison.ts';
import type { RunSummary } from '../../../../src-shared/training/run/run.ts';
import { createId } from '../../../state/ids.ts';
import type { NewGroup } from '../../../state/runs-store.svelte.ts';
import type { Stores } from '../../../state/stores.ts';

type Read<Value> = { readonly value: Value } | { readonly fault: string };

/** Reads whole numbers separated by commas; an empty text has none. */
export function readCounts(text: string): Read<readonly number[]> {
  const parts = text.split(/[\s,;]+/).filter((part) => part !== '');
  const wrong = parts.find((part) => !/^\d{1,6}$/.test(part) || Number(part) === 0);
  if (wrong === undefined) return { value: parts.map(Number) };
  return { fault: `Expected whole numbers above 0, for instance 5, 10, 20; received '${wrong}'.` };
}

/** The models of a sweep, or why they cannot be trained. */
export function sweepVariants(
  project: PreparedModel,
  configuration: TrainingConfiguration,
  choice: ReuseChoice,
): Read<readonly ReuseVariant[]> {
  if (choice.trained.length === 0)
    return { fault: 'Choose which kept layers train with the head: none, all, or the last ones.' };
  try {
    requireNoPhaseFreezing(configuration);
    const value = reuseVariants(project, choice, createId);
    // What is frozen causes no problems.
    for (const { name, model } of firstOfEachCut(value)) {
      const problem = analyze(model, project.features, configuration).problems.find(
        ({ severity }) => severity === 'error',
      );
      if (problem !== undefined) return { fault: `The variant '${name}' cannot be trained: ${problem.message}` };
    }
    return { value };
  } catch (thrown) {
    return { fault: AppError.from(thrown).message };
  }
}

/** The variant of each cut that freezes most. */
const firstOfEachCut = (variants: readonly ReuseVariant[]): ReuseVariant[] =>
  [...Map.groupBy(variants, ({ cut }) => cut).values()].map((those) =>
    those.reduce((least, each) => (each.trained < least.trained ? each : least)),
  );

/**
 * Names of the layers that a variant freezes with random weights.
 *
 * @param given Shapes of the weights that the runs start with.
 */
export function randomLayers(
  variants: readonly ReuseVariant[],
  start: Omit<StartedModel, 'model'>,
  given: readonly NamedShape[],
): string[] {
  const layers = firstOfEachCut(variants).flatMap(({ model }) => randomFrozenAtStart({ ...start, model }, given));
  return [...new Set(layers)];
}

/**
 * About how long a sweep takes, by the completed runs of the same model and data.
 *
 * @param names Of the model and the data set.
 * @returns Seconds; null: no such run is recorded.
 */
export function sweepSeconds(
  runs: readonly RunSummary[],
  names: Pick<RunSummary, 'modelName' | 'datasetName'>,
  { count, epochs, runsAtOnce }: { readonly count: number; readonly epochs: number; readonly runsAtOnce: number },
): number | null {
  const similar = runs.filter(
    (run) => run.state === 'completed' && run.modelName === names.modelName && run.datasetName === names.datasetName,
  );
  const rate = msPerEpoch(similar, 0);
  return rate === null ? null : (rate * epochs * count) / Math.min(runsAtOnce, Math.max(1, count)) / 1000;
}

type Needed = 'project' | 'documents' | 'runs' | 'steps' | 'toasts';

/** Queues the runs of a sweep as one group and shows it. A failure becomes a toast. */
export async function startSweep(stores: Pick<Stores, Needed>, group: NewGroup): Promise<void> {
  const { project, documents, runs, steps, toasts } = stores;
  if (!project.mayEdit()) return;
  await toasts.attempt(async () => {
    await documents.flush();
    await runs.startGroup(group);
    steps.current = 'runs';
  });
}
