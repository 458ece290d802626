import { RowCounts } from '../../../src-shared/layers/kinds/core/operations.ts';
import type { StoredWeight } from '../../../src-shared/layers/parameters/stored-program.ts';
import type { ProgramBuilder } from '../../../src-shared/program/builder/builder.ts';
import type { Shape, ValueId } from '../../../src-shared/program/language/types.ts';
import { elementCount } from '../../../src-shared/program/language/shape.ts';
import type { FileTensor } from '../importer/model-importer.ts';
import type { Attributes, GraphNode } from './graph-def.ts';
import { BATCH_SIZES, computedHost, isConstant } from './host-values.ts';
import type { HostValue } from './host-values.ts';

/** An output of a node: computed by the program, known when the model is read, or a tensor of the file. */
export type GraphValue =
  | { readonly kind: 'computed'; readonly value: ValueId }
  | { readonly kind: 'host'; readonly host: HostValue }
  | { readonly kind: 'stored'; readonly tensor: FileTensor };

/** What a tensor of the file is used for: its name in the node, whether it trains, and where it starts otherwise. */
export type WeightRole = Pick<StoredWeight, 'name' | 'trains' | 'initializer'>;

const role = (name: string, trains: boolean, initializer: StoredWeight['initializer']): WeightRole => ({
  name,
  trains,
  initializer,
});

/** Factors of products and convolutions, and summands, train. Statistics and other constants do not. */
export const roles = {
  kernel: role('kernel', true, 'glorotUniform'),
  bias: role('bias', true, 'zeros'),
  gamma: role('gamma', true, 'ones'),
  beta: role('beta', true, 'zeros'),
  movingMean: role('moving_mean', false, 'zeros'),
  movingVariance: role('moving_variance', false, 'ones'),
  alpha: role('alpha', true, 'zeros'),
  embeddings: role('embeddings', true, 'glorotUniform'),
  scale: role('scale', true, 'ones'),
  offset: role('offset', true, 'zeros'),
  constant: role('constant', false, 'ones'),
} as const;

/** The operation cannot be computed as the file says. The message is what was received. */
export class NodeRefusal extends Error {}

/** A weight of the program, by its tensor in the file. */
export interface ProgramWeight {
  readonly tensor: FileTensor;
  readonly role: WeightRole;
}

/** The program that is built of a graph. */
export class GraphProgram {
  readonly builder: ProgramBuilder;
  readonly rows: RowCounts;
  /** By the name of the state. */
  readonly weights = new Map<string, ProgramWeight>();
  /** Whether the graph is for one example, and the axis of size 1 is used as the batch axis. */
  readonly hasFixedBatch: boolean;

  constructor(builder: ProgramBuilder, hasFixedBatch: boolean) {
    this.builder = builder;
    this.rows = new RowCounts(builder);
    this.hasFixedBatch = hasFixedBatch;
  }

  /** The first use decides what a weight is called. It trains if one of the uses trains it. */
  weight(tensor: FileTensor, as: WeightRole): ValueId {
    if (elementCount(tensor.shape) === 0) throw new NodeRefusal(`'${tensor.path}' without values`);
    const { role: known = as } = this.weights.get(tensor.path) ?? {};
    this.weights.set(tensor.path, { tensor, role: { ...known, trains: known.trains || as.trains } });
    return this.builder.state(tensor.path, 'float32', [...tensor.shape]);
  }
}

/** What the conversion of a node may use. */
export class NodeContext {
  readonly builder: ProgramBuilder;
  readonly attributes: Attributes;
  readonly inputs: readonly GraphValue[];
  readonly program: GraphProgram;

  constructor(program: GraphProgram, { attributes }: GraphNode, inputs: readonly GraphValue[]) {
    this.builder = program.builder;
    this.attributes = attributes;
    this.inputs = inputs;
    this.program = program;
  }

  #input(index: number): GraphValue {
    const found = this.inputs[index];
    if (found === undefined) throw new NodeRefusal(`${this.inputs.length} inputs`);
    return found;
  }

  /** An input as a value of the program. @param as What it is used for, if it is a tensor of the file. */
  value(index: number, as: WeightRole = roles.constant): ValueId {
    const input = this.#input(index);
    if (input.kind === 'computed') return input.value;
    if (input.kind === 'stored') return this.program.weight(input.tensor, as);
    const { dtype, shape, values } = input.host;
    if (!isConstant(input.host)) throw new NodeRefusal('a number that depends on the size of the batch');
    if (values[0].length === 0) throw new NodeRefusal('a tensor without values');
    return this.builder.constant(dtype, shape, values[0]);
  }

  shape(index: number): Shape {
    return this.builder.shapeOf(this.value(index));
  }

  /** Whether an input depends on the examples. */
  isComputed(index: number): boolean {
    return this.#input(index).kind === 'computed';
  }

  host(index: number): HostValue {
    const input = this.#input(index);
    if (input.kind === 'host') return input.host;
    throw new NodeRefusal(`values of input ${index + 1} that are computed from the examples`);
  }

  /** Numbers that do not depend on the size of the batch. */
  numbers(index: number): readonly number[] {
    const host = this.host(index);
    if (isConstant(host)) return host.values[0];
    throw new NodeRefusal(`values of input ${index + 1} that depend on the size of the batch`);
  }

  /** Axes of an input in ascending order, from 0. */
  axes(index: number, rank: number): number[] {
    return this.numbers(index)
      .map((axis) => axisOf(axis, rank))
      .toSorted((a, b) => a - b);
  }

  /** The shape of a value for a batch size. */
  sizesFor(value: ValueId, batch: 0 | 1): number[] {
    return this.builder.shapeOf(value).map((size) => size ?? BATCH_SIZES[batch] * this.program.rows.of(value));
  }

  shapeAsHost(value: ValueId): HostValue {
    const host = computedHost((batch) => {
      const values = this.sizesFor(value, batch);
      return { dtype: 'int32', shape: [values.length], values };
    });
    return host!;
  }

  /** @param target For each batch size; -1: what is left. */
  reshape(x: ValueId, target: readonly [readonly number[], readonly number[]]): ValueId {
    const isBatched = this.builder.shapeOf(x).includes(null);
    const [a, b] = ([0, 1] as const).map((batch) => {
      const sizes = [...target[batch]];
      if (isBatched && this.program.hasFixedBatch && sizes[0] === 1) sizes[0] = BATCH_SIZES[batch];
      const known = sizes.reduce((product, size) => (size === -1 ? product : product * size), 1);
      const rest = elementCount(this.sizesFor(x, batch)) / known;
      if (sizes.includes(-1)) return sizes.map((size) => (size === -1 ? rest : size));
      if (rest !== 1) throw new NodeRefusal(`a reshape to ${target[0].join(' × ')}`);
      return sizes;
    });
    const shape = a!.map((size, axis): number | null => {
      if (!Number.isInteger(size)) throw new NodeRefusal(`a reshape to ${target[0].join(' × ')}`);
      if (size === b![axis]) return size;
      if (axis === 0 && size % BATCH_SIZES[0] === 0 && size / BATCH_SIZES[0] === b![axis]! / BATCH_SIZES[1])
        return null;
      throw new NodeRefusal('a reshape that mixes the examples of a batch');
    });
    if (isBatched && shape[0] !== null) throw new NodeRefusal('a reshape that mixes the examples of a batch');
    return this.builder.reshape(x, shape);
  }
}

/** @throws NodeRefusal for an axis that a tensor of this rank does not have. */
export function axisOf(axis: number, rank: number): number {
  const found = axis < 0 ? axis + rank : axis;
  if (Number.isInteger(found) && found >= 0 && found < rank) return found;
  throw new NodeRefusal(`axis ${axis} of ${rank} axes`);
}

/** Emits the operations of a node, and returns its outputs. @throws NodeRefusal, ShapeError. */
export type Converter = (context: NodeContext, node: GraphNode) => GraphValue | readonly GraphValue[];

/** A converter of nodes with one output that is computed. */
type Emitter = (context: NodeContext, node: GraphNode) => ValueId;

export const computed = (value: ValueId): GraphValue => ({ kind: 'computed', value });

export const emitting =
  (emit: Emitter): Converter =>
  (context, node) =>
    computed(emit(context, node));
