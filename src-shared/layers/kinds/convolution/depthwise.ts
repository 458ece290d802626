import type { ValueId } from '../../../program/language/types.ts';
import type { LayerContext } from '../../definition/layer.ts';
import { numberOf } from '../../parameters/number.ts';
import { pairOf } from '../../parameters/sizes.ts';
import { trainedWeight } from '../../definition/weight-parameters.ts';
import { paddingOf } from '../../definition/windows.ts';

/**
 * Convolves each channel of images with `depthMultiplier` separate filters.
 *
 * @param name The weight's; [height, width, channels, depthMultiplier], or of one axis [steps, channels, depthMultiplier].
 * @param axes 1 for images of height 1 that are sequences.
 * @returns [batch, height, width, channels · depthMultiplier], the filters of a channel side by side.
 */
export function depthwiseConv2dOf(context: LayerContext, name: string, axes: 1 | 2, x: ValueId): ValueId {
  const { builder, params } = context;
  const channels = builder.shapeOf(x)[3]!;
  const multiplier = numberOf(params['depthMultiplier']);
  const [height, width] = pairOf(params['kernelSize']);
  const shape = [...(axes === 1 ? [width] : [height, width]), channels, multiplier];
  const kernel = trainedWeight(context, name, shape, 'depthwise');
  const [down, across] = pairOf(params['dilationRate']);
  const grouped = builder.reshape(kernel, [axes === 1 ? 1 : height, width, 1, channels * multiplier]);
  return builder.conv2d(x, grouped, {
    // Along a height of 1 any stride will do.
    strides: pairOf(params['strides']),
    padding: paddingOf(params['padding']),
    dilations: [axes === 1 ? 1 : down, across],
    groups: channels,
  });
}
