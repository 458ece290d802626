import { LEARNING_RATE_MULTIPLIER } from '../../../../src-shared/document/schema/learning-rate-multiplier.ts';
import { withValues } from '../../../../src-shared/document/edits/set-values.ts';
import type { ModelDocument, ModelNode } from '../../../../src-shared/document/schema/model-document.ts';
import type { TrainingConfiguration } from '../../../../src-shared/training/configuration/configuration.ts';
import { epochsOf, withPhases, type Phase } from '../../../../src-shared/training/configuration/phases.ts';

/** A preset divides the configuration's epochs; with fewer, a phase would have none. */
const LEAST_EPOCHS = 4;
/** Unfrozen layers learn at this part of the learning rate. */
const SLOWER = 0.1;
/** Multiplier of the layer at the input in the preset of discriminative rates; the last layer has 1. */
const LEAST_MULTIPLIER = 0.01;

/** What the presets begin with. */
interface Starting {
  readonly model: ModelDocument;
  readonly configuration: TrainingConfiguration;
  /** Nodes with weights at the top level, in topological order. */
  readonly layers: readonly ModelNode[];
}

/** The documents that a preset changes. */
interface Preset {
  readonly label: string;
  readonly detail: string;
  apply(starting: Starting): { model?: ModelDocument; configuration: TrainingConfiguration };
}

export const presets: readonly Preset[] = [
  {
    label: 'Head, then all layers',
    detail: 'First the head only, then all layers at a tenth of the learning rate',
    apply: (starting) => phased(starting, [headOnly(starting), { frozen: [], slower: true }]),
  },
  {
    label: 'Unfreeze gradually from the top',
    detail: 'First the head only, then more and more of the last layers',
    apply: (starting) => {
      const count = starting.layers.length;
      const lasts = [...new Set([Math.ceil(count / 4), Math.ceil(count / 2)])].filter((last) => last > 1);
      const steps = lasts.map((allButLast) => ({ frozen: { allButLast }, slower: true }));
      return phased(starting, [headOnly(starting), ...steps, { frozen: [], slower: true }]);
    },
  },
  {
    label: 'Discriminative rates',
    detail: 'First the head only, then all layers, with learning rates that fall towards the inputs',
    apply: (starting) => ({
      ...phased(starting, [headOnly(starting), { frozen: [], slower: false }]),
      model: withFallingRates(starting),
    }),
  },
];

type Step = Pick<Phase, 'frozen'> & { readonly slower: boolean };

/** What is frozen in the model is the pretrained part; without it, all but the last layer. */
const headOnly = ({ layers }: Starting): Step => {
  const frozen = layers.filter((node) => node.frozen).length;
  return { frozen: frozen > 0 && frozen < layers.length ? 'model' : { allButLast: 1 }, slower: false };
};

function phased({ configuration }: Starting, steps: readonly Step[]): { configuration: TrainingConfiguration } {
  const { learningRate } = configuration.optimizer;
  const total = Math.max(configuration.epochs, LEAST_EPOCHS, steps.length);
  const phases = steps.map(({ frozen, slower }, index): Phase => {
    const [from, to] = [index, index + 1].map((each) => Math.round((each * total) / steps.length)) as [number, number];
    const rate = slower ? Number((learningRate * SLOWER).toPrecision(4)) : learningRate;
    return { epochs: to - from, learningRate: rate, frozen };
  });
  return { configuration: withPhases(configuration, phases) };
}

/** Multipliers in equal ratios from the layer at the input to the last one. */
function withFallingRates({ model, layers }: Starting): ModelDocument {
  const last = Math.max(1, layers.length - 1);
  const values = layers.map(({ id }, index) => ({
    nodeId: id,
    name: LEARNING_RATE_MULTIPLIER,
    value: Number((LEAST_MULTIPLIER ** ((layers.length - 1 - index) / last)).toPrecision(2)),
  }));
  const changed = new Map(withValues(model.nodes, values).map((node) => [node.id, node]));
  return { ...model, nodes: model.nodes.map((node) => changed.get(node.id) ?? node) };
}

/**
 * Moves the end of a phase by some epochs; the next phase then is shorter or longer. The end of the last phase moves the
 * end of the training.
 */
export function moveEnd(phases: readonly Phase[], index: number, by: number): Phase[] {
  const [phase, next] = [phases[index]!, phases[index + 1]];
  const epochs = Math.min(
    Math.max(1, phase.epochs + by),
    next === undefined ? Infinity : phase.epochs + next.epochs - 1,
  );
  return phases.map((each, at) => {
    if (at === index) return { ...each, epochs };
    return at === index + 1 ? { ...each, epochs: each.epochs + phase.epochs - epochs } : each;
  });
}

/** A phase of the same length after this one, without settings. */
export const addAfter = (phases: readonly Phase[], index: number): Phase[] =>
  phases.toSpliced(index + 1, 0, { epochs: phases[index]!.epochs });

/** Exchanges a phase with the next one. */
export const exchange = (phases: readonly Phase[], index: number): Phase[] =>
  phases.toSpliced(index, 2, phases[index + 1]!, phases[index]!);

/** The edit of the configuration that sets phases; without any, the number of epochs stays. */
export const phasesPatch = (phases: readonly Phase[]): Partial<TrainingConfiguration> =>
  phases.length === 0 ? { phases: undefined } : { epochs: epochsOf(phases), phases: [...phases] };
