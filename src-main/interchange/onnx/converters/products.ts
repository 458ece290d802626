import { textAttribute } from '../../../../src-shared/interchange/onnx/graph/onnx-model.ts';
import type { ValueId } from '../../../../src-shared/program/language/types.ts';
import { einsum } from '../../graphdef/einsum.ts';
import { NodeRefusal, roles } from '../../operations/graph-program.ts';
import { matrixProduct } from '../../operations/matrix-product.ts';
import { emitting } from './onnx-context.ts';
import type { OnnxContext, OnnxConverter } from './onnx-context.ts';

function matMul(context: OnnxContext): ValueId {
  const { builder } = context;
  const [a, b] = [context.value(0, roles.kernel), context.value(1, roles.kernel)];
  const [left, right] = [builder.shapeOf(a), builder.shapeOf(b)];
  if (left.length < 2 || right.length < 1) throw new NodeRefusal(`factors of ${left.length} and ${right.length} axes`);
  if (right.length === 1) {
    const product = matrixProduct(builder, a, builder.reshape(b, [...right, 1]));
    return builder.reshape(product, builder.shapeOf(product).slice(0, -1));
  }
  return matrixProduct(builder, a, b);
}

function gemm(context: OnnxContext): ValueId {
  const { builder } = context;
  const isTransposed = (name: string): boolean => context.number(name, 0) !== 0;
  if (isTransposed('transA') && context.shape(0).includes(null)) throw new NodeRefusal('a batch axis that is moved');
  const [a, b] = [context.value(0, roles.kernel), context.value(1, roles.kernel)];
  const scaled = (value: ValueId, name: string): ValueId => {
    const factor = context.number(name, 1);
    return factor === 1 ? value : builder.multiply(value, context.scalar(factor));
  };
  const product = scaled(builder.matMul(a, b, isTransposed('transA'), isTransposed('transB')), 'alpha');
  return context.has(2) ? builder.add(product, scaled(context.value(2, roles.bias), 'beta')) : product;
}

/** Products of matrices. */
export const products: Readonly<Record<string, OnnxConverter>> = {
  MatMul: emitting(matMul),
  Gemm: emitting(gemm),
  Einsum: emitting((context) => einsum(context, textAttribute(context.node, 'equation', ''))),
};
