import { inferTypes } from '../shapes/infer-types.ts';
import { reducedShape, sameType } from '../language/shape.ts';
import type {
  Conv2dAttributes,
  Conv3dAttributes,
  DType,
  NoAttributes,
  OpAttributes,
  Operation,
  OpName,
  Pool2dAttributes,
  Program,
  ProgramInput,
  ProgramOutput,
  ProgramState,
  Shape,
  TensorType,
  ValueId,
} from '../language/types.ts';

export type PlainOp = { [Name in OpName]: NoAttributes extends OpAttributes[Name] ? Name : never }[OpName];

const NONE: NoAttributes = {};

/**
 * Writes a program, operation by operation, and infers types as it goes.
 * Methods that make one value return it; `op` returns all of an operation's values.
 */
export class ProgramBuilder {
  readonly operations: Operation[] = [];
  private readonly values: TensorType[] = [];
  private readonly producers: (Operation | null)[] = [];
  private readonly inputs: ProgramInput[] = [];
  private readonly outputs: ProgramOutput[] = [];
  private readonly states = new Map<string, { value: ValueId; update: ValueId | null }>();
  private scope = '';

  /** A tensor fed at each call. */
  input(name: string, dtype: DType, shape: Shape): ValueId {
    const value = this.newValue({ dtype, shape }, null);
    this.inputs.push({ name, value });
    return value;
  }

  /** Reads a state entry. Repeated calls with one name return the same value. */
  state(name: string, dtype: DType, shape: Shape): ValueId {
    const known = this.states.get(name);
    const type = { dtype, shape };
    if (known !== undefined) {
      if (!sameType(this.typeOf(known.value), type)) throw new Error(`State '${name}' is read with two types.`);
      return known.value;
    }
    const value = this.newValue(type, null);
    this.states.set(name, { value, update: null });
    return value;
  }

  /** Sets the value that a state entry holds after the program. */
  update(name: string, value: ValueId): void {
    const entry = this.states.get(name);
    if (entry === undefined) throw new Error(`State '${name}' is updated before it is read.`);
    if (entry.update !== null) throw new Error(`State '${name}' is updated twice.`);
    if (!sameType(this.typeOf(entry.value), this.typeOf(value)))
      throw new Error(`State '${name}' is updated with another type.`);
    entry.update = value;
  }

  output(name: string, value: ValueId): void {
    this.outputs.push({ name, value });
  }

  typeOf(value: ValueId): TensorType {
    const type = this.values[value];
    if (type === undefined) throw new Error(`Value ${value} does not belong to this program.`);
    return type;
  }

  shapeOf(value: ValueId): Shape {
    return this.typeOf(value).shape;
  }

  /** The operation that produces a value; null for inputs and state. */
  producerOf(value: ValueId): Operation | null {
    return this.producers[value] ?? null;
  }

  /** Runs `emit` with operations scoped to `scope`: a layer's name, or a part of the step. */
  within<Result>(scope: string, emit: () => Result): Result {
    const outer = this.scope;
    this.scope = scope;
    try {
      return emit();
    } finally {
      this.scope = outer;
    }
  }

  /** @throws ShapeError where the inputs do not fit the operation. */
  op<Name extends OpName>(
    op: Name,
    inputs: readonly ValueId[],
    attributes: OpAttributes[Name],
  ): readonly [ValueId, ...ValueId[]] {
    const types = inferTypes(
      op,
      attributes,
      inputs.map((input) => this.typeOf(input)),
    );
    const outputs = types.map((type) => this.newValue(type, null));
    // The cast is safe: the signature ties `attributes` to `op`.
    const operation = { op, attributes, inputs, outputs, scope: this.scope } as unknown as Operation;
    for (const output of outputs) this.producers[output] = operation;
    this.operations.push(operation);
    return outputs as [ValueId, ...ValueId[]];
  }

  build(): Program {
    const state: ProgramState[] = [...this.states].map(([name, { value, update }]) =>
      update === null ? { name, value } : { name, value, update },
    );
    return {
      values: [...this.values],
      inputs: [...this.inputs],
      state,
      operations: [...this.operations],
      outputs: [...this.outputs],
    };
  }

  /** An operation without attributes and with one output: `plain('add', a, b)`. */
  plain(op: PlainOp, ...inputs: ValueId[]): ValueId {
    return this.op(op, inputs, NONE)[0];
  }

  // sources
  constant(dtype: DType, shape: readonly number[], values: readonly number[]): ValueId {
    return this.op('constant', [], { dtype, shape, values })[0];
  }
  scalar(value: number): ValueId {
    return this.constant('float32', [], [value]);
  }
  dimSize(x: ValueId, axis: number): ValueId {
    return this.op('dimSize', [x], { axis })[0];
  }
  randomUniform(like: ValueId, step: ValueId, key: readonly [number, number]): ValueId {
    return this.op('randomUniform', [like, step], { key })[0];
  }

  // elementwise
  add(a: ValueId, b: ValueId): ValueId {
    return this.plain('add', a, b);
  }
  subtract(a: ValueId, b: ValueId): ValueId {
    return this.plain('subtract', a, b);
  }
  multiply(a: ValueId, b: ValueId): ValueId {
    return this.plain('multiply', a, b);
  }
  divide(a: ValueId, b: ValueId): ValueId {
    return this.plain('divide', a, b);
  }
  cast(x: ValueId, dtype: DType): ValueId {
    return this.typeOf(x).dtype === dtype ? x : this.op('cast', [x], { dtype })[0];
  }
  select(condition: ValueId, whenTrue: ValueId, whenFalse: ValueId): ValueId {
    return this.plain('select', condition, whenTrue, whenFalse);
  }

  // products and reductions
  matMul(a: ValueId, b: ValueId, transposeA = false, transposeB = false): ValueId {
    return this.op('matMul', [a, b], { transposeA, transposeB })[0];
  }
  /** Without axes, returns the input. */
  reduceSum(x: ValueId, axes: readonly number[], keepDims = false): ValueId {
    return axes.length === 0 ? x : this.op('reduceSum', [x], { axes, keepDims })[0];
  }
  reduceMax(x: ValueId, axes: readonly number[], keepDims = false): ValueId {
    return this.op('reduceMax', [x], { axes, keepDims })[0];
  }
  reduceMin(x: ValueId, axes: readonly number[], keepDims = false): ValueId {
    return this.op('reduceMin', [x], { axes, keepDims })[0];
  }
  argMax(x: ValueId, axis: number): ValueId {
    return this.op('argMax', [x], { axis })[0];
  }
  /** Mean over axes of known size. */
  reduceMean(x: ValueId, axes: readonly number[], keepDims = false): ValueId {
    const shape = this.shapeOf(x);
    const count = axes.reduce((product, axis) => product * (shape[axis] ?? Number.NaN), 1);
    if (Number.isNaN(count)) throw new Error('The mean over the batch axis needs dimSize.');
    const sum = this.reduceSum(x, axes, keepDims);
    return count === 1 ? sum : this.divide(sum, this.scalar(count));
  }

  // shape
  reshape(x: ValueId, shape: Shape): ValueId {
    return this.op('reshape', [x], { shape })[0];
  }
  transpose(x: ValueId, permutation: readonly number[]): ValueId {
    return this.op('transpose', [x], { permutation })[0];
  }
  slice(x: ValueId, starts: readonly number[], sizes: readonly number[]): ValueId {
    return this.op('slice', [x], { starts, sizes })[0];
  }
  pad(x: ValueId, before: readonly number[], after: readonly number[], value = 0): ValueId {
    return this.op('pad', [x], { before, after, value })[0];
  }
  concat(inputs: readonly ValueId[], axis: number): ValueId {
    return this.op('concat', inputs, { axis })[0];
  }
  split(x: ValueId, sizes: readonly number[], axis: number): readonly ValueId[] {
    return sizes.length === 1 ? [x] : this.op('split', [x], { axis, sizes });
  }
  reverse(x: ValueId, axis: number): ValueId {
    return this.op('reverse', [x], { axis })[0];
  }
  gather(x: ValueId, indices: ValueId, axis: number): ValueId {
    return this.op('gather', [x, indices], { axis })[0];
  }
  oneHot(indices: ValueId, depth: number): ValueId {
    return this.op('oneHot', [indices], { depth })[0];
  }
  /** Inserts axes of size 1 at the reduced `axes`. @param shape Shape before the reduction. */
  restoreReduced(reduced: ValueId, shape: Shape, axes: readonly number[]): ValueId {
    return this.reshape(reduced, reducedShape(shape, axes, true));
  }

  // neural network kernels
  conv2d(x: ValueId, kernel: ValueId, attributes: Conv2dAttributes): ValueId {
    return this.op('conv2d', [x, kernel], attributes)[0];
  }
  /** Transposed convolution: the gradient of `conv2d` with respect to x of `inputSize`. */
  conv2dInputGradient(kernel: ValueId, gradient: ValueId, attributes: OpAttributes['conv2dInputGradient']): ValueId {
    return this.op('conv2dInputGradient', [kernel, gradient], attributes)[0];
  }
  conv3d(x: ValueId, kernel: ValueId, attributes: Conv3dAttributes): ValueId {
    return this.op('conv3d', [x, kernel], attributes)[0];
  }
  conv3dInputGradient(kernel: ValueId, gradient: ValueId, attributes: OpAttributes['conv3dInputGradient']): ValueId {
    return this.op('conv3dInputGradient', [kernel, gradient], attributes)[0];
  }
  maxPool2d(x: ValueId, attributes: Pool2dAttributes): ValueId {
    return this.op('maxPool2d', [x], attributes)[0];
  }
  averagePool2d(x: ValueId, attributes: Pool2dAttributes): ValueId {
    return this.op('averagePool2d', [x], attributes)[0];
  }

  private newValue(type: TensorType, producer: Operation | null): ValueId {
    this.values.push(type);
    this.producers.push(producer);
    return this.values.length - 1;
  }
}
