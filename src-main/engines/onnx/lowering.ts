import type { Operation, OpName } from '../../../src-shared/program/types.ts';
import type { LoweringContext, Lowerings } from './lowering/context.ts';
import { batchNormalizationLowerings } from './lowering/batch-normalization.ts';
import { convolutionLowerings } from './lowering/convolution.ts';
import { elementwiseLowerings } from './lowering/elementwise.ts';
import { lossLowerings } from './lowering/losses.ts';
import { optimizerLowerings } from './lowering/optimizers.ts';
import { poolingLowerings } from './lowering/pooling.ts';
import { productLowerings } from './lowering/products.ts';
import { randomLowerings } from './lowering/random.ts';
import { scanLowerings } from './lowering/scan.ts';
import { shapeLowerings } from './lowering/shape.ts';

/** How each operation is written in ONNX; the type proves that none is missing. */
export const onnxLowerings: Lowerings<OpName> = {
  ...elementwiseLowerings,
  ...productLowerings,
  ...shapeLowerings,
  ...convolutionLowerings,
  ...batchNormalizationLowerings,
  ...poolingLowerings,
  ...lossLowerings,
  ...optimizerLowerings,
  ...randomLowerings,
  ...scanLowerings,
};

export function lowerOperation(context: LoweringContext, operation: Operation): void {
  context.writer.scope = operation.scope;
  // The table's key and the operation's name agree, which the compiler cannot follow through a union.
  const lowering = onnxLowerings[operation.op] as (context: LoweringContext, operation: Operation) => void;
  lowering(context, operation);
}
