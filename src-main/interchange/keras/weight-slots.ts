import type { StandaloneModel } from '../../../src-shared/compiler/standalone-model.ts';
import type { TreeLayer } from './layer-tree.ts';

type WeightSpec = StandaloneModel['weights'][number];

/** A weight that a layer of the file should have. */
export interface WeightSlot {
  readonly layer: TreeLayer;
  /** Keras's name of the variable: 'kernel', 'moving_mean'. */
  readonly variable: string;
  /** The inner layer that has it: 'forward_lstm', 'query'; '' for the layer itself. */
  readonly inner: string;
  /** Null: any. */
  readonly shape: readonly number[] | null;
  readonly trainable: boolean;
  /** The weight of the compiled model; null: a parameter of the layer, as the mean of Normalization. */
  readonly weight: WeightSpec | null;
}

/** Keras's order of a layer's variables. */
const ORDER = [
  'gamma',
  'beta',
  'moving_mean',
  'moving_variance',
  'depthwise_kernel',
  'pointwise_kernel',
  'embeddings',
  'kernel',
  'recurrent_kernel',
  'bias',
  'alpha',
];

/** Weights of a compiled layer as slots in Keras's order: inner layer by inner layer. */
export function slotsOf(layer: TreeLayer, weights: readonly WeightSpec[]): readonly WeightSlot[] {
  const inners: string[] = [];
  const slots = weights.map((weight): WeightSlot => {
    const parts = weight.name.slice(weight.layer.length + 1).split('/');
    const variable = parts.at(-1)!;
    const inner = parts.slice(0, -1).join('/');
    if (!inners.includes(inner)) inners.push(inner);
    const trainable = layer.trainable && !variable.startsWith('moving_');
    return { layer, variable, inner, shape: weight.shape, trainable, weight };
  });
  return slots.toSorted(
    (a, b) =>
      inners.indexOf(a.inner) - inners.indexOf(b.inner) || ORDER.indexOf(a.variable) - ORDER.indexOf(b.variable),
  );
}

/** The statistics of a Normalization layer, which are parameters here. */
export function statisticsOf(layer: TreeLayer): readonly WeightSlot[] {
  const slot = { layer, inner: '', shape: null, trainable: false, weight: null };
  return ['mean', 'variance'].map((variable) => ({ ...slot, variable }));
}

/** "kernel 3 × 3 × 1 × 32". */
export function slotText({ variable, inner, shape }: Pick<WeightSlot, 'variable' | 'inner' | 'shape'>): string {
  return `${inner === '' ? '' : `${inner}/`}${variable} ${shape?.join(' × ') ?? ''}`.trimEnd();
}
