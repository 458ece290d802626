import type { OpName } from '../language/types.ts';
import { elementwiseGradients } from './elementwise-gradients.ts';
import type { GradientRules } from './gradient-rule.ts';
import { neuralGradients } from './neural-gradients.ts';
import { productGradients } from './product-gradients.ts';
import { scanGradients } from './scan-gradient.ts';
import { shapeOpGradients } from './shape-gradients.ts';

/** One gradient rule per operation; the type proves that none is missing. */
export const gradientRules: GradientRules<OpName> = {
  constant: 'zero',
  dimSize: 'zero',
  rowIndices: 'zero',
  randomUniform: 'zero',
  ...elementwiseGradients,
  ...productGradients,
  ...shapeOpGradients,
  ...scanGradients,
  ...neuralGradients,
  applyGradientDescent: 'none',
  applyMomentum: 'none',
  applyAdam: 'none',
};
