import { attribute, bytesOf } from '../graph/graph-builder.ts';
import { DataType } from '../graph/graph-def.ts';
import { at } from './lowering.ts';
import { kernelSizes } from './kernels.ts';
import type { GraphBuilder, Output } from '../graph/graph-builder.ts';
import type { Conv2dAttributes, TensorType } from '../../../../src-shared/program/language/types.ts';

/**
 * Workaround: TensorFlow 2.21's Conv2D computes wrong values on some processors (seen on AMD EPYC
 * with oneDNN) for images with one channel, a vertical stride of 1, a larger horizontal stride, and
 * an output with one column. A second channel of zeros avoids it.
 */

const FLOAT = attribute.type(DataType.float);

/** Whether a convolution, or one of its groups, reads one channel with different strides. */
export function isSingleChannel({ strides }: Conv2dAttributes, kernel: TensorType): boolean {
  return kernelSizes(kernel).channels === 1 && at(strides, 0) !== at(strides, 1);
}

/** Appends a channel of zeros to a tensor of rank 4. @param axis The channel axis. */
export function withZeroChannel(graph: GraphBuilder, value: Output, axis: 2 | 3): Output {
  const widths = new Int32Array(8);
  widths[2 * axis + 1] = 1;
  return graph.output({
    op: 'PadV2',
    inputs: [value, graph.constant({ dtype: DataType.int32, shape: [4, 2], content: bytesOf(widths) }), graph.float(0)],
    attributes: { T: FLOAT },
  });
}
