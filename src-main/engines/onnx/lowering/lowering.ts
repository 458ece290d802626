import type { Operation, OpName } from '../../../../src-shared/program/language/types.ts';
import type { LoweringContext, Lowerings } from './context.ts';
import { batchNormalizationLowerings } from './batch-normalization.ts';
import { convolutionLowerings } from './convolution.ts';
import { elementwiseLowerings } from './elementwise.ts';
import { lossLowerings } from './losses.ts';
import { optimizerLowerings } from './optimizers.ts';
import { poolingLowerings } from './pooling.ts';
import { productLowerings } from './products.ts';
import { randomLowerings } from './random.ts';
import { scanLowerings } from './scan.ts';
import { shapeLowerings } from './shape.ts';

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
