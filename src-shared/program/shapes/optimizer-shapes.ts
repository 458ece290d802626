import type { TensorType } from '../language/types.ts';
import { requireRank, requireSameShape, requireType } from './shape-rule.ts';
import type { ShapeRules } from './shape-rule.ts';

/** Requires the variable's shape of every tensor, and a scalar of every hyperparameter. */
function requireUpdate(tensors: readonly TensorType[], scalars: readonly TensorType[]): void {
  for (const tensor of [...tensors, ...scalars]) requireType(tensor, ['float32'], 'optimizer inputs');
  for (const tensor of tensors.slice(1)) requireSameShape(tensors[0]!, tensor, 'variable, slots and gradient');
  for (const scalar of scalars) requireRank(scalar, 0, 'a hyperparameter');
}

export const optimizerShapes: ShapeRules<'applyGradientDescent' | 'applyMomentum' | 'applyAdam'> = {
  applyGradientDescent: {
    inputs: 3,
    infer: (_, variable, learningRate, gradient) => {
      requireUpdate([variable!, gradient!], [learningRate!]);
      return [variable!];
    },
  },
  applyMomentum: {
    inputs: 5,
    infer: (_, variable, velocity, learningRate, momentum, gradient) => {
      requireUpdate([variable!, velocity!, gradient!], [learningRate!, momentum!]);
      return [variable!, velocity!];
    },
  },
  applyAdam: {
    inputs: 7,
    infer: (_, variable, m, v, learningRate, beta1Power, beta2Power, gradient) => {
      requireUpdate([variable!, m!, v!, gradient!], [learningRate!, beta1Power!, beta2Power!]);
      return [variable!, m!, v!];
    },
  },
};
