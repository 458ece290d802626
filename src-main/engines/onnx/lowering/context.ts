import type { Operation, OpName, Shape, TensorType, ValueId } from '../../../../src-shared/program/language/types.ts';
import type { GraphWriter } from '../model/graph-writer.ts';

/** Lowest rank of convolution inputs: N, H, W, C. */
const IMAGE_RANK = 4;

/** Permutation that moves the last axis to position 1: N, H, W, C to N, C, H, W. */
export function toChannelsFirst(rank: number): readonly number[] {
  return [0, rank - 1, ...Array.from({ length: rank - 2 }, (_, axis) => axis + 1)];
}

/** The inverse permutation. */
function toChannelsLast(rank: number): readonly number[] {
  return [0, ...Array.from({ length: rank - 2 }, (_, axis) => axis + 2), 1];
}

/**
 * Names of a program's value in the ONNX graph. Convolutions of ONNX have channels first, programs
 * have them last, so a value of rank 4 or more may exist in one axis order or in both. Keeping the
 * available order saves two transposes around every elementwise operation between convolutions.
 */
interface Binding {
  natural: string | null;
  channelsFirst: string | null;
}

/** The state of lowering a program: names of its values, and the graph. */
export class LoweringContext {
  readonly writer: GraphWriter;
  readonly #types: readonly TensorType[];
  readonly #bindings = new Map<ValueId, Binding>();
  /** Pooled values that a maxPool2dGradient reads: their MaxPool also outputs indices. */
  readonly pooledWithGradient: ReadonlySet<ValueId>;
  /** Outputs of Pad. ONNX Runtime joins a Pad of zeros with the MaxPool that reads it, whose own padding has no values. */
  readonly padded = new Set<ValueId>();
  /** Name of the indices of the maxima, by pooled value. */
  readonly poolIndices = new Map<ValueId, string>();

  /** Lowers any operation, for operations with a body. */
  readonly lower: (context: LoweringContext, operation: Operation) => void;

  constructor(
    writer: GraphWriter,
    types: readonly TensorType[],
    pooledWithGradient: ReadonlySet<ValueId>,
    lower: (context: LoweringContext, operation: Operation) => void,
  ) {
    this.lower = lower;
    this.writer = writer;
    this.#types = types;
    this.pooledWithGradient = pooledWithGradient;
  }

  type(value: ValueId): TensorType {
    const type = this.#types[value];
    if (type === undefined) throw new Error(`Program has no value ${value}`);
    return type;
  }

  rank(value: ValueId): number {
    return this.type(value).shape.length;
  }

  bind(value: ValueId, name: string): void {
    this.#bindings.set(value, { natural: name, channelsFirst: null });
  }

  bindChannelsFirst(value: ValueId, name: string): void {
    this.#bindings.set(value, { natural: null, channelsFirst: name });
  }

  /** Binds `to` to the same names as `from`. */
  alias(from: ValueId, to: ValueId): void {
    this.#bindings.set(to, this.#binding(from));
  }

  /** The value in the program's axis order. */
  get(value: ValueId): string {
    const binding = this.#binding(value);
    binding.natural ??= this.writer.node('Transpose', [binding.channelsFirst!], {
      perm: toChannelsLast(this.rank(value)),
    });
    return binding.natural;
  }

  /** A value of rank 4 or more with channels first. */
  getChannelsFirst(value: ValueId): string {
    const binding = this.#binding(value);
    binding.channelsFirst ??= this.writer.node('Transpose', [binding.natural!], {
      perm: toChannelsFirst(this.rank(value)),
    });
    return binding.channelsFirst;
  }

  has(value: ValueId, order: 'natural' | 'channelsFirst'): boolean {
    return this.#binding(value)[order] !== null;
  }

  /** Whether reading the values of highest rank with channels first needs no more transposes than with channels last. */
  prefersChannelsFirst(values: readonly ValueId[]): boolean {
    const rank = Math.max(IMAGE_RANK, ...values.map((value) => this.rank(value)));
    const images = values.filter((value) => this.rank(value) === rank);
    const lacking = (order: 'natural' | 'channelsFirst'): number =>
      images.filter((value) => !this.has(value, order)).length;
    const present = images.some((value) => this.has(value, 'channelsFirst'));
    return present && lacking('channelsFirst') <= lacking('natural');
  }

  /** Shape of a value as an int64 vector, in the program's axis order. */
  shapeOf(value: ValueId): string {
    const { shape } = this.type(value);
    // Axis 0, unless a transposition has moved it.
    const batchAxis = shape.indexOf(null);
    if (batchAxis === -1) return this.writer.integers(shape.map(Number));
    const binding = this.#binding(value);
    const source = binding.natural ?? binding.channelsFirst!;
    const start = binding.natural === null ? toChannelsFirst(shape.length).indexOf(batchAxis) : batchAxis;
    const batch = this.writer.node('Shape', [source], { start, end: start + 1 });
    if (shape.length === 1) return batch;
    const known = (extents: Shape): string[] =>
      extents.length === 0 ? [] : [this.writer.integers(extents.map(Number))];
    const parts = [...known(shape.slice(0, batchAxis)), batch, ...known(shape.slice(batchAxis + 1))];
    return this.writer.node('Concat', parts, { axis: 0 });
  }

  /** Shape of a value of rank 4 or more with channels first. */
  channelsFirstShapeOf(value: ValueId): string {
    const order = this.writer.integers(toChannelsFirst(this.rank(value)));
    return this.writer.node('Gather', [this.shapeOf(value), order], { axis: 0 });
  }

  #binding(value: ValueId): Binding {
    const binding = this.#bindings.get(value);
    if (binding === undefined) throw new Error(`Value ${value} is read before it is made`);
    return binding;
  }
}

export type OperationOf<Name extends OpName> = Extract<Operation, { readonly op: Name }>;

/** Lowers one operation: reads its inputs from the context and binds its outputs. */
export type Lowering<Name extends OpName> = (context: LoweringContext, operation: OperationOf<Name>) => void;

/** One lowering per operation of `Names`. */
export type Lowerings<Names extends OpName> = { readonly [Name in Names]: Lowering<Name> };

/** Extents of axes that are statically known. */
export function staticExtents(context: LoweringContext, value: ValueId, axes: readonly number[]): number[] {
  const { shape } = context.type(value);
  return axes.map((axis) => {
    const extent = shape[axis];
    if (typeof extent !== 'number') throw new Error(`Axis ${axis} of value ${value} has no known extent`);
    return extent;
  });
}
