import type { Shape, ValueId } from '../../../src-shared/program/language/types.ts';
import type { ProgramBuilder } from '../../../src-shared/program/builder/builder.ts';
import { NodeRefusal, roles } from '../operations/graph-program.ts';
import type { WeightRole } from '../operations/graph-program.ts';

/** What is known of the node. */
interface Operands {
  readonly builder: ProgramBuilder;
  value(index: number, as: WeightRole): ValueId;
}

/**
 * A sum of products of two tensors, as a product of matrices: 'abc,cde->abde'. Axes of both tensors that the result has
 * come first, then those of one tensor, joined into one axis, then those that are summed.
 *
 * @throws NodeRefusal for other equations: one tensor, a repeated letter, an axis of one tensor that is summed.
 */
export function einsum(context: Operands, equation: string): ValueId {
  const { builder } = context;
  const [, left, right, result] = /^([a-zA-Z]+),([a-zA-Z]+)->([a-zA-Z]+)$/.exec(equation.replaceAll(' ', '')) ?? [];
  if (left === undefined || right === undefined || result === undefined) throw new NodeRefusal(`'${equation}'`);
  const [a, b] = [context.value(0, roles.kernel), context.value(1, roles.kernel)];
  const sizes = new Map<string, number | null>();
  for (const [letters, value] of [
    [left, a],
    [right, b],
  ] as const) {
    const shape = builder.shapeOf(value);
    if (shape.length !== letters.length || new Set(letters).size < letters.length)
      throw new NodeRefusal(`'${equation}'`);
    [...letters].forEach((letter, axis) => {
      const known = sizes.get(letter);
      if (known !== undefined && known !== shape[axis]) throw new NodeRefusal(`'${equation}' of other sizes`);
      sizes.set(letter, shape[axis]!);
    });
  }
  const shared = [...left].filter((letter) => right.includes(letter));
  const joint = shared.filter((letter) => result.includes(letter));
  const summed = shared.filter((letter) => !result.includes(letter));
  const [ofLeft, ofRight] = [left, right].map((letters) => [...letters].filter((letter) => !shared.includes(letter)));
  const made = [...joint, ...ofLeft!, ...ofRight!];
  if (made.toSorted().join('') !== [...result].toSorted().join('')) throw new NodeRefusal(`'${equation}'`);
  const shapeOf = (letters: readonly string[]): Shape => letters.map((letter) => sizes.get(letter)!);
  const sizeOf = (letters: readonly string[]): number | null =>
    shapeOf(letters).reduce((product, size) => (product === null || size === null ? null : product * size), 1);
  const matrix = (
    value: ValueId,
    letters: string,
    order: readonly string[],
    axes: readonly (readonly string[])[],
  ): ValueId => {
    const ordered = builder.transpose(
      value,
      order.map((letter) => letters.indexOf(letter)),
    );
    return builder.reshape(ordered, [...shapeOf(joint), ...axes.map(sizeOf)]);
  };
  const product = builder.matMul(
    matrix(a, left, [...joint, ...ofLeft!, ...summed], [ofLeft!, summed]),
    matrix(b, right, [...joint, ...summed, ...ofRight!], [summed, ofRight!]),
  );
  return builder.transpose(
    builder.reshape(product, shapeOf(made)),
    [...result].map((letter) => made.indexOf(letter)),
  );
}
