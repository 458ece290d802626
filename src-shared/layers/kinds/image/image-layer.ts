import type { ValueId } from '../../../program/language/types.ts';
import type { LayerContext, LayerDefinition } from '../../definition/layer.ts';
import { examplesProblem } from '../../definition/sequences.ts';

type ImageLayer = Omit<LayerDefinition, 'family' | 'inputs' | 'check'>;

/** A layer of images [N, H, W, C] whose values are affine in those of its input. */
export function imageLayer(layer: ImageLayer): LayerDefinition {
  return {
    ...layer,
    family: 'image',
    inputs: { min: 1, max: 1 },
    traits: { linear: 'map', ...layer.traits },
    check: (_, [shape]) => examplesProblem(2, shape!),
  };
}

interface Augmentation extends Omit<ImageLayer, 'emit'> {
  /**
   * @param x Images [N, H, W, C].
   * @param step Of the training.
   */
  augment(context: LayerContext, x: ValueId, step: ValueId): ValueId;
}

/** An image layer that changes images at random while training, and passes them on when predicting. */
export function augmentation({ augment, ...layer }: Augmentation): LayerDefinition {
  return imageLayer({
    keras: { inMode: () => null },
    ...layer,
    otherNames: ['augmentation', ...(layer.otherNames ?? [])],
    emit: (context) => {
      const { inputs, training, step } = context;
      return training && step !== null ? augment(context, inputs[0]!, step) : inputs[0]!;
    },
  });
}
