import type { ProgramBuilder } from '../../program/builder/builder.ts';
import { elementCount, showShape, ShapeError } from '../../program/language/shape.ts';
import type { ValueId } from '../../program/language/types.ts';

/** 1 GiB of float32 per example. Engines reject sizes above 2³¹. */
const MAX_EXAMPLE_SIZE = 2 ** 28;

/**
 * Checks the size of a layer's output and intermediate values.
 *
 * @param first Index of the layer's first operation.
 * @throws ShapeError if a value has more than `MAX_EXAMPLE_SIZE` elements per example.
 */
export function requireComputable(builder: ProgramBuilder, first: number, output: ValueId): void {
  const requireValue = (value: ValueId): void => {
    const shape = builder.shapeOf(value);
    const size = elementCount(shape);
    // Values without a batch axis depend on weights only, whose size is checked separately.
    if (!shape.includes(null) || size <= MAX_EXAMPLE_SIZE) return;
    throw new ShapeError(
      `Expected at most ${MAX_EXAMPLE_SIZE} values per example; received ${showShape(shape)} (${size} values). Set smaller parameters, or pool or crop before it.`,
    );
  };
  requireValue(output);
  for (let index = first; index < builder.operations.length; index++) {
    builder.operations[index]!.outputs.forEach(requireValue);
  }
}
