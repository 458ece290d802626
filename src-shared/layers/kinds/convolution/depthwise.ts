import type { ValueId } from '../../../program/language/types.ts';
import type { LayerContext } from '../../definition/layer.ts';
import { numberOf } from '../../parameters/number.ts';
import { pairOf, sizesOf } from '../../parameters/sizes.ts';
import { trainedWeight } from '../../definition/weight-parameters.ts';
import { imageSizeOf, paddingOf } from '../../definition/windows.ts';

/**
 * Convolves each channel of images with `depthMultiplier` separate filters.
 *
 * @param name The weight's; [height, width, channels, depthMultiplier], or of one axis [steps, channels, depthMultiplier].
 * @param axes 1 for images of height 1 that are sequences.
 * @returns [batch, height, width, channels · depthMultiplier], the filters of a channel next to each other.
 */
export function depthwiseConv2dOf(context: LayerContext, name: string, axes: 1 | 2, images: ValueId): ValueId {
  const { builder, params } = context;
  const channels = builder.shapeOf(images)[3]!;
  const multiplier = numberOf(params['depthMultiplier']);
  const shape = [...sizesOf(params['kernelSize'], axes), channels, multiplier];
  const kernel = trainedWeight(context, name, shape, 'depthwise');
  const grouped = builder.reshape(kernel, [...imageSizeOf(params['kernelSize'], axes), 1, channels * multiplier]);
  return builder.conv2d(images, grouped, {
    // Along a height of 1 the stride has no effect.
    strides: pairOf(params['strides']),
    padding: paddingOf(params['padding']),
    dilations: imageSizeOf(params['dilationRate'], axes),
    groups: channels,
  });
}
