import type { ConvolutionAttributes, ValueId } from '../../../../src-shared/program/language/types.ts';
import { staticExtents } from './context.ts';
import type { LoweringContext } from './context.ts';
import { windowAxes } from './windows.ts';
import type { WindowAxis } from './windows.ts';

/** Sizes of a convolution over any number of spatial axes. */
export interface Geometry {
  /** One per spatial axis. */
  readonly axes: readonly WindowAxis[];
  readonly kernelSize: readonly number[];
  readonly groups: number;
  /** Input channels of one group. */
  readonly groupChannels: number;
  readonly filters: number;
}

/** Extents of the spatial axes of images or volumes. */
export function windowedExtents(context: LoweringContext, x: ValueId): readonly number[] {
  return staticExtents(
    context,
    x,
    Array.from({ length: context.rank(x) - 2 }, (_, axis) => axis + 1),
  );
}

/** @param size Extents of the spatial axes of the convolution's input. */
export function geometryOf(
  context: LoweringContext,
  size: readonly number[],
  kernel: ValueId,
  { strides, dilations, padding, groups }: ConvolutionAttributes,
): Geometry {
  const extents = staticExtents(
    context,
    kernel,
    Array.from({ length: context.rank(kernel) }, (_, axis) => axis),
  );
  const kernelSize = extents.slice(0, -2);
  const [groupChannels, filters] = extents.slice(-2);
  const axes = windowAxes(size, kernelSize, strides, dilations, padding);
  return { axes, kernelSize, groups, groupChannels: groupChannels!, filters: filters! };
}
