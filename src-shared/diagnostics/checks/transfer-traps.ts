import type { WeightSpec } from '../../compiler/graph/compiled.ts';
import type { TrainingConfiguration } from '../../training/configuration/configuration.ts';
import type { OptimizerConfiguration } from '../../training/configuration/optimizers.ts';
import { namesOf } from '../advice/advised-model.ts';

/**
 * Learning rates up to which trained layers keep most of what they have learned while a new layer trains, as practice has
 * them: a tenth of the default of Keras's optimizer.
 */
const CAREFUL_RATES: Partial<Record<OptimizerConfiguration['kind'], number>> = { sgd: 1e-3, adadelta: 1e-1 };
const CAREFUL_RATE = 1e-4;
const BASE = {
  one: { starts: 'starts', trains: 'trains', has: 'it has', them: 'it' },
  several: { starts: 'start', trains: 'train', has: 'they have', them: 'them' },
};
/** Statistics of fewer rows are too inaccurate to replace stored ones. */
const LEAST_BATCH = 16;

export interface TransferStart {
  readonly weights: readonly WeightSpec[];
  /** Names of the weights that the training program changes. */
  readonly updated: ReadonlySet<string>;
  /** Names of the weights that have trained values; the others start from the seed. */
  readonly given: ReadonlySet<string>;
  readonly configuration: TrainingConfiguration;
}

/** Warnings where a training could spoil the trained weights that it starts from. */
export function transferTraps(start: TransferStart): string[] {
  return [...unsettledHead(start), ...smallBatches(start)];
}

/** Trained layers that train together with new ones: the first gradients of new layers are large and random. */
function unsettledHead({ weights, given, configuration }: TransferStart): string[] {
  const { kind, learningRate } = configuration.optimizer;
  const careful = CAREFUL_RATES[kind] ?? CAREFUL_RATE;
  const training = weights.filter(({ trainable }) => trainable);
  const fresh = layersOf(training.filter(({ name }) => !given.has(name)));
  const trained = layersOf(
    training.filter((weight) => given.has(weight.name) && learningRate * weight.learningRateMultiplier > careful),
  );
  if (fresh.length === 0 || trained.length === 0) return [];
  const head = namesOf(fresh);
  const base = trained.length === 1 ? BASE.one : BASE.several;
  const starts = fresh.length === 1 ? 'starts' : 'start';
  return [
    `${namesOf(trained)} ${base.starts} from trained weights and ${base.trains} at a learning rate of ${learningRate} together with ${head}, which ${starts} from random weights. The first gradients can destroy what ${base.has} learned. Freeze ${base.them} for the first epochs, or train at a learning rate of at most ${careful}.`,
  ];
}

export interface Unfreezing {
  /** Trained weights that begin to train, among others that have trained before. */
  readonly weights: readonly WeightSpec[];
  readonly optimizer: OptimizerConfiguration['kind'];
  /** At this step. */
  readonly learningRate: number;
  /** Number of epochs that the others have trained. */
  readonly epochs: number;
  /** Training losses of the last of these epochs, in order. */
  readonly losses: readonly number[];
}

/** The head has settled if its last epoch lowered the loss by less than this part of the whole fall. */
const SETTLED = 0.1;
/** Part of the careful rate at which trained weights stay useful while a head is still unsettled. */
const HARMLESS = 0.1;

/** Warnings where layers with trained weights are unfrozen while a run trains. */
export function unfreezingTraps({ weights, optimizer, learningRate, epochs, losses }: Unfreezing): string[] {
  const careful = CAREFUL_RATES[optimizer] ?? CAREFUL_RATE;
  const rateOf = (weight: WeightSpec): number => learningRate * weight.learningRateMultiplier;
  const found: string[] = [];
  const fast = layersOf(weights.filter((weight) => rateOf(weight) > careful));
  if (fast.length > 0) {
    const { trains, has, them } = fast.length === 1 ? BASE.one : BASE.several;
    found.push(
      `${namesOf(fast)} ${trains} from here on at a learning rate of ${shown(learningRate)}, which can destroy what ${has} learned. Unfreeze ${them} at a learning rate of at most ${careful}.`,
    );
  }
  const affected = layersOf(weights.filter((weight) => rateOf(weight) > HARMLESS * careful));
  const evidence = unsettled(epochs, losses);
  if (affected.length > 0 && evidence !== null) {
    const { trains, has, them } = affected.length === 1 ? BASE.one : BASE.several;
    found.push(
      `${namesOf(affected)} ${trains} from here on, before the other layers have settled: ${evidence}. Large gradients of the others can destroy what ${has} learned. Unfreeze ${them} when the loss hardly falls any more, or at a learning rate of at most ${shown(HARMLESS * careful)}.`,
    );
  }
  return found;
}

/** Null if nothing shows that the loss still falls. */
function unsettled(epochs: number, losses: readonly number[]): string | null {
  if (epochs === 0) return 'they have not trained for an epoch';
  const [first, before, last] = [losses[0], losses.at(-2), losses.at(-1)];
  if (epochs === 1) return 'they have trained for one epoch';
  if (first === undefined || before === undefined || last === undefined) return null;
  const part = (before - last) / (first - last);
  return last < first && part >= SETTLED
    ? `after ${epochs} epochs, the loss fell from ${shown(before)} to ${shown(last)} in the last one, which is ${Math.round(100 * part)} % of its whole fall`
    : null;
}

const shown = (value: number): string => String(Number(value.toPrecision(3)));

/** Stored statistics of trained layers that follow small batches. */
function smallBatches({ weights, updated, given, configuration: { batchSize } }: TransferStart): string[] {
  const following = layersOf(
    weights.filter(({ name, trainable, frozen }) => given.has(name) && updated.has(name) && !trainable && !frozen),
  );
  if (batchSize >= LEAST_BATCH || following.length === 0) return [];
  const [they, their] = following.length === 1 ? ['this layer', 'its'] : ['these layers', 'their'];
  return [
    `${namesOf(following)} ${following.length === 1 ? 'replaces' : 'replace'} ${their} trained statistics by those of batches of ${batchSize} ${batchSize === 1 ? 'row' : 'rows'}, which are inaccurate. Freeze ${they}, or set a batch size of at least ${LEAST_BATCH}.`,
  ];
}

const layersOf = (weights: readonly WeightSpec[]): { name: string }[] =>
  [...new Set(weights.map(({ layer }) => layer))].map((name) => ({ name }));
