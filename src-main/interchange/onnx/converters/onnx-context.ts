import { numbersOf, tensorOfConstant } from '../../../../src-shared/interchange/onnx/graph/constants.ts';
import type { Constant } from '../../../../src-shared/interchange/onnx/graph/constants.ts';
import {
  axisIn,
  FLOAT_TYPES,
  numberAttribute,
  numbersAttribute,
  sizeOf,
} from '../../../../src-shared/interchange/onnx/graph/onnx-model.ts';
import type { OnnxNode, OnnxTensor, OnnxType } from '../../../../src-shared/interchange/onnx/graph/onnx-model.ts';
import { chunksOf, transposed, viewOf } from '../../../../src-shared/interchange/onnx/graph/weight-view.ts';
import type { ProgramBuilder } from '../../../../src-shared/program/builder/builder.ts';
import type { DType, Shape, ValueId } from '../../../../src-shared/program/language/types.ts';
import type { FileTensor } from '../../importer/model-importer.ts';
import { NodeRefusal, roles } from '../../operations/graph-program.ts';
import type { GraphProgram, WeightRole } from '../../operations/graph-program.ts';

/** A value of the file: computed from the examples or weights, or known when the file is read. */
export type OnnxValue = ComputedValue | { readonly kind: 'constant'; readonly constant: Constant };

interface ComputedValue {
  readonly kind: 'computed';
  readonly value: ValueId;
  /** Whole numbers of this type, which the value holds as float32; absent: the numbers are of the value's own type. */
  readonly stored?: OnnxType;
}

/** Whole numbers of a node that are no sizes or axes, as indices; more of them are weights. */
const MAX_INTEGERS = 1024;
/** Whole numbers up to here are exact as float32. */
const MAX_EXACT = 2 ** 24;

/** Emits the operations of a node, and returns its outputs. @throws NodeRefusal, OnnxRefusal, ShapeError. */
export type OnnxConverter = (context: OnnxContext) => OnnxValue | readonly OnnxValue[];

export const computed = (value: ValueId): OnnxValue => ({ kind: 'computed', value });

/** A converter of nodes with one output that is computed. */
export const emitting =
  (emit: (context: OnnxContext) => ValueId): OnnxConverter =>
  (context) =>
    computed(emit(context));

/** @throws NodeRefusal for stored whole numbers, which overflow in arithmetic. */
function real({ value, stored }: ComputedValue): ValueId {
  if (stored === undefined) return value;
  throw new NodeRefusal(`quantized numbers of type ${stored}`);
}

/** What the conversion of a node may use. */
export class OnnxContext {
  readonly builder: ProgramBuilder;
  readonly program: GraphProgram;
  readonly node: OnnxNode;
  readonly opset: number;
  readonly inputs: readonly (OnnxValue | null)[];

  constructor(program: GraphProgram, node: OnnxNode, opset: number, inputs: readonly (OnnxValue | null)[]) {
    this.builder = program.builder;
    this.program = program;
    this.node = node;
    this.opset = opset;
    this.inputs = inputs;
  }

  has(index: number): boolean {
    return (this.inputs[index] ?? null) !== null;
  }

  #input(index: number): OnnxValue {
    const found = this.inputs[index] ?? null;
    if (found === null) throw new NodeRefusal(`no input ${index + 1}`);
    return found;
  }

  /** An input as a value of the program. @param as What it is used for, if it is a tensor of the file. */
  value(index: number, as: WeightRole = roles.constant): ValueId {
    const input = this.#input(index);
    return input.kind === 'computed' ? real(input) : this.#constantValue(input.constant, as);
  }

  /** A quantized input as float32: its whole numbers. */
  quantized(index: number): ValueId {
    const input = this.#input(index);
    if (input.kind === 'computed' && input.stored !== undefined) return input.value;
    const value = this.value(index);
    if (this.builder.typeOf(value).dtype !== 'int32')
      throw new NodeRefusal(`an input ${index + 1} that is not quantized`);
    return this.builder.cast(value, 'float32');
  }

  /** The same with its axes in another order, which a tensor of the file has when it is read. */
  reordered(index: number, order: readonly number[], as: WeightRole): ValueId {
    const input = this.#input(index);
    if (input.kind === 'computed') return this.builder.transpose(real(input), order);
    const tensor = tensorOfConstant(input.constant);
    if (tensor.shape.length !== order.length) throw new NodeRefusal(`weights of ${tensor.shape.length} axes`);
    const [name] = input.constant.names;
    return this.#weight(`${name} (${order.join(' ')})`, tensor, as, order);
  }

  #constantValue(constant: Constant, as: WeightRole): ValueId {
    const tensor = tensorOfConstant(constant);
    const count = sizeOf(tensor.shape);
    if (count === 0) throw new NodeRefusal('a tensor without values');
    const [name = ''] = constant.names;
    const dtype: DType = FLOAT_TYPES.has(tensor.type) ? 'float32' : tensor.type === 'bool' ? 'bool' : 'int32';
    if (dtype === 'float32' && count > 1) return this.#weight(name, tensor, as);
    if (count > MAX_INTEGERS) {
      const isExact = tensor.values().every((value) => Math.abs(value) <= MAX_EXACT);
      if (!isExact) throw new NodeRefusal('whole numbers above 16,777,216');
      return this.builder.cast(this.#weight(name, tensor, roles.constant), dtype);
    }
    const values = [...tensor.values()].map((value) => (dtype === 'float32' ? Math.fround(value) : value));
    // A program holds finite numbers only.
    if (!values.every(Number.isFinite)) return this.#weight(name, tensor, as);
    if (dtype === 'int32' && values.some((value) => Math.abs(value) >= 2 ** 31)) {
      throw new NodeRefusal('whole numbers of more than 32 bits');
    }
    return this.builder.constant(dtype, tensor.shape, values);
  }

  #weight(path: string, tensor: OnnxTensor, as: WeightRole, order?: readonly number[]): ValueId {
    const shape = order?.map((axis) => tensor.shape[axis]!) ?? tensor.shape;
    const read = async function* (): AsyncGenerator<Float32Array> {
      const view = viewOf(tensor);
      yield* chunksOf(order === undefined ? view : transposed(view, order));
    };
    const found: FileTensor = { path, shape, dtype: 'float32', read };
    return this.program.weight(found, as);
  }

  /** The sizes of an input with known ones, as weights. A tensor of the file is not read. */
  shapeOfInput(index: number): readonly number[] {
    const input = this.#input(index);
    if (input.kind === 'constant') return tensorOfConstant(input.constant).shape;
    const shape = this.builder.shapeOf(real(input));
    if (shape.includes(null)) throw new NodeRefusal(`an input ${index + 1} that depends on the examples`);
    return shape as readonly number[];
  }

  shape(index: number): Shape {
    return this.builder.shapeOf(this.value(index));
  }

  /** Sizes of an input without the batch axis. @throws NodeRefusal if it is not one of examples. */
  sizes(value: ValueId): number[] {
    const [batch, ...sizes] = this.builder.shapeOf(value);
    if (batch !== null) throw new NodeRefusal('an input without examples');
    return sizes as number[];
  }

  /** Whether an input depends on the examples or is computed of weights. */
  isComputed(index: number): boolean {
    return this.inputs[index]?.kind === 'computed';
  }

  constant(index: number): Constant {
    const input = this.#input(index);
    if (input.kind === 'constant') return input.constant;
    throw new NodeRefusal(`values of input ${index + 1} that are computed from the examples`);
  }

  /** Numbers that do not depend on the number of examples. */
  numbers(index: number): readonly number[] {
    return numbersOf(this.constant(index));
  }

  /** Numbers for each of the two numbers of examples. */
  numbersForBatches(index: number): readonly [readonly number[], readonly number[]] {
    const [a, b] = this.constant(index).forBatches;
    if (sizeOf(a.shape) > MAX_INTEGERS) throw new NodeRefusal(`${sizeOf(a.shape)} sizes`);
    return [[...a.values()], [...b.values()]];
  }

  /** A list that was an attribute before it became an input; null: there is none. */
  list(index: number, attribute: string): readonly number[] | null {
    return this.has(index) ? this.numbers(index) : numbersAttribute(this.node, attribute);
  }

  number(name: string, otherwise: number): number {
    return numberAttribute(this.node, name, otherwise);
  }

  /** A number that is exact in float32. */
  scalar(value: number): ValueId {
    return this.builder.scalar(Math.fround(value));
  }

  axis(axis: number, shape: Shape): number {
    return axisIn(axis, shape.length);
  }

  /** @throws NodeRefusal if an axis is that of the examples. */
  requireWithin(axes: readonly number[], shape: Shape): void {
    if (axes.some((axis) => shape[axis] === null)) throw new NodeRefusal('an operation along the examples of a batch');
  }
}
