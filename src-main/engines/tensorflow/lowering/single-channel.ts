import { attribute, bytesOf } from '../graph/graph-builder.ts';
import { DataType } from '../graph/graph-def.ts';
import { at } from './lowering.ts';
import { kernelSizes } from './kernels.ts';
import type { GraphBuilder, Output } from '../graph/graph-builder.ts';
import type { Conv2dAttributes, TensorType } from '../../../../src-shared/program/language/types.ts';

/**
 * TensorFlow 2.21's Conv2D computes wrong values on some processors (seen on AMD EPYC, with
 * oneDNN) where a batch of images of one channel meets strides of 1 downwards and more across,
 * and one column comes out. With a second channel of zeros it does not.
 */

const FLOAT = attribute.type(DataType.float);

/** True where a convolution, or one of its groups, reads one channel with different strides. */
export function isSingleChannel({ strides }: Conv2dAttributes, kernel: TensorType): boolean {
  return kernelSizes(kernel).channels === 1 && at(strides, 0) !== at(strides, 1);
}

/** @param axis Of the channels; of four axes. @returns `value` with zeros behind its one channel. */
export function withZeroChannel(graph: GraphBuilder, value: Output, axis: 2 | 3): Output {
  const widths = new Int32Array(8);
  widths[2 * axis + 1] = 1;
  return graph.output({
    op: 'PadV2',
    inputs: [value, graph.constant({ dtype: DataType.int32, shape: [4, 2], content: bytesOf(widths) }), graph.float(0)],
    attributes: { T: FLOAT },
  });
}
