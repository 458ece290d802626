import type { ProgramBuilder } from '../../program/builder/builder.ts';
import { elementCount, showShape, ShapeError } from '../../program/language/shape.ts';
import type { ValueId } from '../../program/language/types.ts';

/** 1 GiB of float32 an example: no machine trains on more, and engines refuse sizes past 2³¹. */
const MAX_EXAMPLE_SIZE = 2 ** 28;

/**
 * Looks through what a layer computes, its output and all between.
 *
 * @param first The layer's first operation.
 * @throws ShapeError where one value holds more numbers an example than can be computed.
 */
export function requireComputable(builder: ProgramBuilder, first: number, output: ValueId): void {
  const requireValue = (value: ValueId): void => {
    const shape = builder.shapeOf(value);
    const size = elementCount(shape);
    // Without a batch axis it is made of weights, which have a limit of their own.
    if (!shape.includes(null) || size <= MAX_EXAMPLE_SIZE) return;
    throw new ShapeError(
      `Expected at most ${MAX_EXAMPLE_SIZE} numbers an example; received ${showShape(shape)}, ${size} of them. Set smaller parameters, or pool or crop before it.`,
    );
  };
  requireValue(output);
  for (let index = first; index < builder.operations.length; index++) {
    builder.operations[index]!.outputs.forEach(requireValue);
  }
}
