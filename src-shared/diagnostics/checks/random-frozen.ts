import type { ModelDocument } from '../../document/schema/model-document.ts';
import type { InitializerName } from '../../layers/weights/initializer.ts';
import type { TrainingConfiguration } from '../../training/configuration/configuration.ts';
import { namesOf } from '../advice/advised-model.ts';
import { modelWeights } from '../../compiler/model-programs.ts';
import type { WeightSpec } from '../../compiler/graph/compiled.ts';
import type { ModelFeatures } from '../../compiler/graph/inputs.ts';

/** Frozen layers that a training begins with at random: nothing has trained them, and nothing will. */

/** A model that compiles, with what it is compiled for. */
export interface StartedModel {
  readonly model: ModelDocument;
  readonly features: ModelFeatures;
  readonly configuration: TrainingConfiguration;
}

/** Initializers that draw nothing: who freezes such a layer means its numbers. */
const FIXED: ReadonlySet<InitializerName> = new Set<InitializerName>(['zeros', 'ones', 'constant', 'identity']);

/**
 * Names of the frozen layers that keep the random weights they begin with.
 *
 * @param given Shapes of the weights that the training takes over, by state name; those of another
 *   shape do not count. Empty: all begin from the seed.
 */
export function randomFrozen(weights: readonly WeightSpec[], given: ReadonlyMap<string, readonly number[]>): string[] {
  const random = weights.filter(({ name, shape, frozen, initializer }) => {
    if (!frozen || FIXED.has(typeof initializer === 'string' ? initializer : initializer.name)) return false;
    const found = given.get(name);
    return found?.length !== shape.length || found.some((size, axis) => size !== shape[axis]);
  });
  return [...new Set(random.map(({ layer }) => layer))];
}

/**
 * The same before there is a training.
 *
 * @param earlier The run whose weights it is to begin with; null: none.
 */
export function randomFrozenAtStart(start: StartedModel, earlier: StartedModel | null): string[] {
  if (!hasFrozen(start.model)) return [];
  const given = new Map(earlier === null ? [] : weightsOf(earlier).map(({ name, shape }) => [name, shape]));
  return randomFrozen(weightsOf(start), given);
}

/** For the user; the remedy is shown next to it. */
export function randomFrozenText(layers: readonly string[]): string {
  const [are, they, keep, start] =
    layers.length === 1 ? ['is', 'it', 'keeps', 'starts'] : ['are', 'they', 'keep', 'start'];
  return `${namesOf(layers.map((name) => ({ name })))} ${are} frozen and this training gives ${they === 'it' ? 'it' : 'them'} no trained weights, so ${they} ${keep} the random ones that ${they} ${start} with.`;
}

const weightsOf = ({ model, features, configuration }: StartedModel): readonly WeightSpec[] =>
  modelWeights(model, features, configuration);

function hasFrozen({ nodes, blocks }: ModelDocument): boolean {
  const all = [...nodes, ...blocks.flatMap((block) => block.nodes)];
  return all.some(({ frozen, frozenPaths = [] }) => frozen || frozenPaths.length > 0);
}
