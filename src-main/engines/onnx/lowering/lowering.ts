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

/** One lowering to ONNX per operation; the type checks that none is missing. */
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
  // The cast is safe: the lowering belongs to the operation's name.
  const lowering = onnxLowerings[operation.op] as (context: LoweringContext, operation: Operation) => void;
  lowering(context, operation);
}
