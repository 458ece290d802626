import type { ProgramBuilder } from '../builder/builder.ts';
import type { Conv2dAttributes, Conv3dAttributes, ValueId } from '../language/types.ts';
import type { GradientRules } from './gradient-rule.ts';

type NeuralName =
  | 'conv2d'
  | 'conv2dInputGradient'
  | 'conv2dKernelGradient'
  | 'conv3d'
  | 'conv3dInputGradient'
  | 'conv3dKernelGradient'
  | 'maxPool2d'
  | 'maxPool2dGradient'
  | 'averagePool2d'
  | 'averagePool2dGradient'
  | 'batchNormalization'
  | 'batchNormalizationGradient'
  | 'softmax'
  | 'logSoftmax'
  | 'softmaxCrossEntropy'
  | 'sparseSoftmaxCrossEntropy';

export const neuralGradients: GradientRules<NeuralName> = {
  conv2d: ({ builder: b, attributes, gradient }, x, kernel) => [
    () => inputGradient(b, x!, kernel!, gradient, attributes),
    () => b.op('conv2dKernelGradient', [x!, kernel!, gradient], attributes)[0],
  ],
  conv2dInputGradient: ({ builder: b, attributes: { inputSize: _, ...attributes }, gradient }, kernel, incoming) => [
    () => b.op('conv2dKernelGradient', [gradient, kernel!, incoming!], attributes)[0],
    () => b.conv2d(gradient, kernel!, attributes),
  ],
  conv2dKernelGradient: ({ builder: b, attributes, gradient }, x, _like, incoming) => [
    () => inputGradient(b, x!, gradient, incoming!, attributes),
    null,
    () => b.conv2d(x!, gradient, attributes),
  ],
  conv3d: ({ builder: b, attributes, gradient }, x, kernel) => [
    () => volumeGradient(b, x!, kernel!, gradient, attributes),
    () => b.op('conv3dKernelGradient', [x!, kernel!, gradient], attributes)[0],
  ],
  conv3dInputGradient: ({ builder: b, attributes: { inputSize: _, ...attributes }, gradient }, kernel, incoming) => [
    () => b.op('conv3dKernelGradient', [gradient, kernel!, incoming!], attributes)[0],
    () => b.conv3d(gradient, kernel!, attributes),
  ],
  conv3dKernelGradient: ({ builder: b, attributes, gradient }, x, _like, incoming) => [
    () => volumeGradient(b, x!, gradient, incoming!, attributes),
    null,
    () => b.conv3d(x!, gradient, attributes),
  ],
  maxPool2d: ({ builder: b, attributes, output, gradient }, x) => [
    () => b.op('maxPool2dGradient', [x!, output, gradient], attributes)[0],
  ],
  maxPool2dGradient: 'none',
  averagePool2d: ({ builder: b, attributes, gradient }, x) => [
    () => b.op('averagePool2dGradient', [x!, gradient], attributes)[0],
  ],
  averagePool2dGradient: ({ builder: b, attributes, gradient }) => [null, () => b.averagePool2d(gradient, attributes)],
  batchNormalization: ({ builder: b, attributes, outputs, gradient }, x, gamma) => {
    let made: readonly ValueId[] | undefined;
    const part = (index: number) => (): ValueId => {
      made ??= b.op('batchNormalizationGradient', [x!, gamma!, outputs[1]!, outputs[2]!, gradient], attributes);
      return made[index]!;
    };
    return [part(0), part(1), part(2)];
  },
  batchNormalizationGradient: 'none',
  softmax: ({ builder: b, output, gradient }) => [
    () => {
      const weighted = sumLast(b, b.multiply(gradient, output));
      return b.multiply(b.subtract(gradient, weighted), output);
    },
  ],
  logSoftmax: ({ builder: b, output, gradient }) => [
    () => b.subtract(gradient, b.multiply(b.plain('exp', output), sumLast(b, gradient))),
  ],
  softmaxCrossEntropy: ({ builder: b, outputs, gradient }, logits) => [
    () => b.multiply(outputs[1]!, column(b, gradient)),
    () => b.plain('negative', b.multiply(b.plain('logSoftmax', logits!), column(b, gradient))),
  ],
  sparseSoftmaxCrossEntropy: ({ builder: b, outputs, gradient }) => [
    () => b.multiply(outputs[1]!, column(b, gradient)),
    null,
  ],
};

function inputGradient(
  b: ProgramBuilder,
  x: ValueId,
  kernel: ValueId,
  gradient: ValueId,
  attributes: Conv2dAttributes,
): ValueId {
  const [, height, width] = b.shapeOf(x);
  return b.conv2dInputGradient(kernel, gradient, { ...attributes, inputSize: [height!, width!] });
}

function volumeGradient(
  b: ProgramBuilder,
  x: ValueId,
  kernel: ValueId,
  gradient: ValueId,
  attributes: Conv3dAttributes,
): ValueId {
  const [, depth, height, width] = b.shapeOf(x);
  return b.conv3dInputGradient(kernel, gradient, { ...attributes, inputSize: [depth!, height!, width!] });
}

function sumLast(b: ProgramBuilder, x: ValueId): ValueId {
  return b.reduceSum(x, [b.shapeOf(x).length - 1], true);
}

/** [M] to [M, 1]. */
function column(b: ProgramBuilder, x: ValueId): ValueId {
  return b.reshape(x, [...b.shapeOf(x), 1]);
}
