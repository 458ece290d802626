import type { ModelDocument } from '../../document/schema/model-document.ts';
import type { Fix, GraphProblem } from '../../document/schema/problem.ts';
import type { InitializerName } from '../../layers/weights/initializer.ts';
import type { TrainingConfiguration } from '../../training/configuration/configuration.ts';
import { namesOf } from '../advice/advised-model.ts';
import { modelWeights } from '../../compiler/model-programs.ts';
import type { ModelAnalysis, WeightSpec } from '../../compiler/graph/compiled.ts';
import type { ModelFeatures } from '../../compiler/graph/inputs.ts';

/** A valid model with its data and configuration. */
export interface StartedModel {
  readonly model: ModelDocument;
  readonly features: ModelFeatures;
  readonly configuration: TrainingConfiguration;
}

export type NamedShape = Pick<WeightSpec, 'name' | 'shape'>;

/** Initializers without random numbers: a layer may be frozen at these values on purpose. */
const CONSTANT: ReadonlySet<InitializerName> = new Set<InitializerName>(['zeros', 'ones', 'constant', 'identity']);

/** Whether a training from the seed keeps the weight's random initial values. */
export function isRandomFrozen({ frozen, initializer }: WeightSpec): boolean {
  return frozen && !CONSTANT.has(typeof initializer === 'string' ? initializer : initializer.name);
}

/**
 * Names of the frozen layers that keep random initial weights.
 *
 * @param given Shapes by state name of the weights that the training starts with. A weight with
 *   another shape starts from the seed; if empty, all do.
 */
export function randomFrozen(weights: readonly WeightSpec[], given: ReadonlyMap<string, readonly number[]>): string[] {
  const random = weights.filter((weight) => {
    const found = given.get(weight.name);
    const isGiven = found !== undefined && found.join() === weight.shape.join();
    return isRandomFrozen(weight) && !isGiven;
  });
  return [...new Set(random.map(({ layer }) => layer))];
}

/**
 * Names of the frozen layers that would keep random initial weights in a training.
 *
 * @param given The weights that the training starts with, as for `randomFrozen`.
 */
export function randomFrozenAtStart(start: StartedModel, given: readonly NamedShape[]): string[] {
  if (!hasFrozen(start.model)) return [];
  const shapes = new Map(given.map(({ name, shape }) => [name, shape]));
  return randomFrozen(modelWeights(start.model, start.features, start.configuration), shapes);
}

/** The message without advice, which differs between the window and the command line. */
export function randomFrozenText(layers: readonly string[]): string {
  const { are, them, their } = pronouns(layers.length);
  const names = namesOf(layers.map((name) => ({ name })));
  return `${names} ${are} frozen. This training has no trained weights for ${them} and leaves ${their} random initial weights unchanged.`;
}

/**
 * Advice on all frozen layers of a document for a training from the seed.
 *
 * @param hasWeights Whether the project has a run with weights to continue from.
 * @returns Null if no frozen layer has random initial weights.
 */
export function randomFrozenAdvice(
  { nodes, weights: named }: ModelDocument,
  analysis: ModelAnalysis,
  hasWeights: boolean,
): GraphProblem | null {
  const frozen = nodes.filter(({ id }) => analysis.nodes.get(id)?.isRandomFrozen === true);
  const [first] = frozen;
  // With weights that the model names, their shapes decide; training asks if they do not fit.
  if (first === undefined || named !== undefined) return null;
  const one = frozen.length === 1;
  const { are, them, their } = pronouns(frozen.length);
  const fix: Fix = frozen.every((node) => node.frozen)
    ? {
        label: one ? `Unfreeze '${first.name}'` : `Unfreeze ${frozen.length} layers`,
        action: 'set-frozen',
        params: { nodeIds: frozen.map(({ id }) => id), frozen: false },
      }
    : { label: 'Unfreeze all layers', action: 'unfreeze-all', params: {} };
  const weights = `${their} random initial weights`;
  const message = hasWeights
    ? `A run started with “Train” leaves ${weights} unchanged. Choose “Continue from these weights” of a run that has trained ${them}.`
    : `No run has trained ${them}, so training leaves ${weights} unchanged. Train first, then freeze.`;
  return {
    code: 'advice/untrained-frozen',
    severity: 'advice',
    nodeId: one ? first.id : null,
    message: `${namesOf(frozen)} ${are} frozen. ${message}`,
    fixes: [fix],
  };
}

function pronouns(count: number): { are: string; them: string; their: string } {
  return count === 1 ? { are: 'is', them: 'it', their: 'its' } : { are: 'are', them: 'them', their: 'their' };
}

function hasFrozen({ nodes, blocks }: ModelDocument): boolean {
  const all = [...nodes, ...blocks.flatMap((block) => block.nodes)];
  return all.some(({ frozen, frozenPaths = [] }) => frozen || frozenPaths.length > 0);
}
