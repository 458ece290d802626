import type { Lowerings } from './context.ts';
import { writeOneHot } from './shape.ts';

export const lossLowerings: Lowerings<'softmax' | 'logSoftmax' | 'softmaxCrossEntropy' | 'sparseSoftmaxCrossEntropy'> =
  {
    softmax(context, { inputs: [x], outputs: [output] }) {
      context.bind(output!, context.writer.node('Softmax', [context.get(x!)], { axis: -1 }));
    },
    logSoftmax(context, { inputs: [x], outputs: [output] }) {
      context.bind(output!, context.writer.node('LogSoftmax', [context.get(x!)], { axis: -1 }));
    },
    /** As in TensorFlow, the gradient is softmax - labels: exact if the labels of a row sum to 1. */
    softmaxCrossEntropy(context, { inputs: [logits, labels], outputs: [loss, gradient] }) {
      const { writer } = context;
      const x = context.get(logits!);
      const y = context.get(labels!);
      const products = writer.node('Mul', [writer.node('LogSoftmax', [x], { axis: -1 }), y]);
      const sum = writer.node('ReduceSum', [products, writer.integers([-1])], { keepdims: 0 });
      context.bind(loss!, writer.node('Neg', [sum]));
      context.bind(gradient!, writer.node('Sub', [writer.node('Softmax', [x], { axis: -1 }), y]));
    },
    sparseSoftmaxCrossEntropy(context, { inputs: [logits, labels], outputs: [loss, gradient] }) {
      const { writer } = context;
      const classes = context.type(logits!).shape.at(-1);
      if (typeof classes !== 'number') throw new Error('sparseSoftmaxCrossEntropy needs a known number of classes');
      const x = context.get(logits!);
      const y = context.get(labels!);
      const column = writer.node('Unsqueeze', [y, writer.integers([-1])]);
      const chosen = writer.node('GatherElements', [writer.node('LogSoftmax', [x], { axis: -1 }), column], {
        axis: -1,
      });
      context.bind(loss!, writer.node('Neg', [writer.node('Squeeze', [chosen, writer.integers([-1])])]));
      const probabilities = writer.node('Softmax', [x], { axis: -1 });
      context.bind(gradient!, writer.node('Sub', [probabilities, writeOneHot(writer, y, classes)]));
    },
  };
