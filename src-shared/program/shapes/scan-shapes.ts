import { showShape, sameType, ShapeError } from '../language/shape.ts';
import type { ScanAttributes, TensorType, ValueId } from '../language/types.ts';
import { fixedSize, tensor } from './shape-rule.ts';
import type { ShapeRules } from './shape-rule.ts';

export const scanShapes: ShapeRules<'scan'> = {
  scan: {
    inputs: null,
    infer: (attributes, ...inputs) => {
      const { body, carried, sequences } = attributes;
      if (inputs.length !== body.inputs.length || sequences < 1) {
        throw new ShapeError(`Expected ${body.inputs.length} inputs with a sequence; received ${inputs.length}.`);
      }
      const typeOf = (value: ValueId): TensorType => body.values[value]!;
      const read = scanParts(inputs, attributes);
      const length = fixedSize(read.sequences[0]!, 1, 'a sequence');
      body.inputs.forEach(({ name, value }, i) => {
        const isSequence = i >= carried && i < carried + sequences;
        const received = isSequence ? elementType(inputs[i]!, length) : inputs[i]!;
        requireBodyType(name, typeOf(value), received);
      });
      return body.outputs.map(({ name, value }, i) => {
        const type = typeOf(value);
        if (i >= carried) return tensor(type.dtype, [type.shape[0]!, length, ...type.shape.slice(1)]);
        requireBodyType(name, typeOf(body.inputs[i]!.value), type);
        return type;
      });
    },
  },
};

/** The inputs of a scan by role. */
export interface ScanParts<Item> {
  readonly carried: readonly Item[];
  readonly sequences: readonly Item[];
  readonly matrices: readonly Item[];
  readonly constants: readonly Item[];
}

/** Splits the inputs of a scan, or of its body, by role. */
export function scanParts<Item>(
  inputs: readonly Item[],
  { carried, sequences, matrices }: Pick<ScanAttributes, 'carried' | 'sequences' | 'matrices'>,
): ScanParts<Item> {
  const first = carried + sequences;
  return {
    carried: inputs.slice(0, carried),
    sequences: inputs.slice(carried, first),
    matrices: inputs.slice(first, first + matrices),
    constants: inputs.slice(first + matrices),
  };
}

/** Number of steps of a scan. @param inputs Types of the scan's inputs. */
export function scanLength(inputs: readonly TensorType[], { carried }: { carried: number }): number {
  return fixedSize(inputs[carried]!, 1, 'a sequence');
}

/** One element of a sequence. */
function elementType({ dtype, shape }: TensorType, length: number): TensorType {
  if (shape.length < 2 || shape[1] !== length) {
    throw new ShapeError(`Expected sequences of ${length} elements; received ${showShape(shape)}.`);
  }
  return { dtype, shape: [shape[0]!, ...shape.slice(2)] };
}

function requireBodyType(name: string, expected: TensorType, received: TensorType): void {
  if (sameType(expected, received)) return;
  const show = ({ dtype, shape }: TensorType): string => `${dtype} ${showShape(shape)}`;
  throw new ShapeError(`Expected ${show(expected)} for '${name}'; received ${show(received)}.`);
}
