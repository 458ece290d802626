import type { ProgramBuilder } from '../../../src-shared/program/builder/builder.ts';
import type { ValueId } from '../../../src-shared/program/language/types.ts';

/** The product of matrices, or of several with one matrix, which is the same for all of them. */
export function matrixProduct(
  builder: ProgramBuilder,
  a: ValueId,
  b: ValueId,
  transposeA = false,
  transposeB = false,
): ValueId {
  const [left, right] = [builder.shapeOf(a), builder.shapeOf(b)];
  if (right.length > 2 && left.length === 2 && !transposeA && !transposeB) {
    // (Bᵀ Aᵀ)ᵀ
    const swapped = (value: ValueId): ValueId => {
      const axes = [...builder.shapeOf(value).keys()];
      return builder.transpose(value, [...axes.slice(0, -2), axes.at(-1)!, axes.at(-2)!]);
    };
    return swapped(matrixProduct(builder, swapped(b), a, false, true));
  }
  if (left.length <= right.length || right.length !== 2 || transposeA) {
    return builder.matMul(a, b, transposeA, transposeB);
  }
  const rows = builder.reshape(a, [null, left.at(-1)!]);
  const product = builder.matMul(rows, b, false, transposeB);
  return builder.reshape(product, [...left.slice(0, -1), builder.shapeOf(product)[1]!]);
}
