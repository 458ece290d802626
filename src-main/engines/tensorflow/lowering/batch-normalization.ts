import { attribute, portOf } from '../graph/graph-builder.ts';
import { DataType } from '../graph/graph-def.ts';
import { at } from './lowering.ts';
import { shapeOf } from './shape.ts';
import type { LoweringTable } from './lowering.ts';
import type { GraphBuilder, Output } from '../graph/graph-builder.ts';
import type { Attributes } from '../graph/graph-def.ts';
import type { TensorType } from '../../../../src-shared/program/language/types.ts';

const FLOAT = attribute.type(DataType.float);

const kernelAttributes = (epsilon: number): Attributes => ({
  T: FLOAT,
  U: FLOAT,
  epsilon: attribute.float(epsilon),
  data_format: attribute.string('NHWC'),
  is_training: attribute.bool(true),
});

/** The kernels require images: reshapes other values to images with one row. */
function asImages(graph: GraphBuilder, value: Output, { shape }: TensorType): Output {
  if (shape.length === 4) return value;
  const sizes = shape.slice(1).map((size) => size!);
  const pixels = sizes.slice(0, -1).reduce((product, size) => product * size, 1);
  const images = graph.integers([-1, 1, pixels, sizes.at(-1)!]);
  return graph.output({ op: 'Reshape', inputs: [value, images], attributes: { T: FLOAT } });
}

function fromImages(graph: GraphBuilder, images: Output, like: Output, type: TensorType): Output {
  if (type.shape.length === 4) return images;
  const inputs = [images, shapeOf(graph, like, type)];
  return graph.output({ op: 'Reshape', inputs, attributes: { T: FLOAT } });
}

/** (n - 1) / n for n values per channel: converts the kernel's sample variance to the operation's population variance. */
function populationShare(graph: GraphBuilder, images: Output, channels: number): Output {
  const size = graph.output({ op: 'Size', inputs: [images], attributes: { T: FLOAT } });
  const count = graph.output({
    op: 'Cast',
    inputs: [size],
    attributes: { SrcT: attribute.type(DataType.int32), DstT: FLOAT },
  });
  const share = graph.output({ op: 'RealDiv', inputs: [graph.float(channels), count], attributes: { T: FLOAT } });
  return graph.output({ op: 'Sub', inputs: [graph.float(1), share], attributes: { T: FLOAT } });
}

export const batchNormalizationLowerings: LoweringTable<'batchNormalization' | 'batchNormalizationGradient'> = {
  batchNormalization: ({ graph, inputs, inputTypes, outputTypes, attributes }) => {
    const [x, gamma, beta] = [at(inputs, 0), at(inputs, 1), at(inputs, 2)];
    const type = at(inputTypes, 0);
    const images = asImages(graph, x, type);
    const statistics = [graph.empty(), graph.empty()];
    const [y, mean, sampleVariance] = graph.outputs(
      {
        op: 'FusedBatchNormV3',
        inputs: [images, gamma, beta, ...statistics],
        attributes: { ...kernelAttributes(attributes.epsilon), exponential_avg_factor: attribute.float(1) },
      },
      3,
    );
    const share = populationShare(graph, images, at(outputTypes, 1).shape[0]!);
    const variance = graph.output({ op: 'Mul', inputs: [sampleVariance!, share], attributes: { T: FLOAT } });
    return [fromImages(graph, y!, x, type), mean!, variance];
  },

  batchNormalizationGradient: ({ graph, inputs, inputTypes, attributes }) => {
    const [x, gamma, mean, variance] = [at(inputs, 0), at(inputs, 1), at(inputs, 2), at(inputs, 3)];
    const type = at(inputTypes, 0);
    const [dx, dGamma, dBeta] = graph.outputs(
      {
        op: 'FusedBatchNormGradV3',
        inputs: [asImages(graph, at(inputs, 4), type), asImages(graph, x, type), gamma, ...kept(graph, mean, variance)],
        attributes: kernelAttributes(attributes.epsilon),
      },
      3,
    );
    return [fromImages(graph, dx!, x, type), dGamma!, dBeta!];
  },
};

/**
 * The values that the forward kernel reserves for its gradient; they depend on the device. If mean
 * does not come from that kernel: mean and variance, as on the CPU.
 */
function kept(graph: GraphBuilder, mean: Output, variance: Output): readonly Output[] {
  if (mean.port !== 'batch_mean:0') return [mean, variance, graph.empty()];
  return [3, 4, 5].map((index) => portOf('FusedBatchNormV3', mean.node, index));
}
