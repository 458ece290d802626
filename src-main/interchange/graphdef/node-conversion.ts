import type { ProgramBuilder } from '../../../src-shared/program/builder/builder.ts';
import type { Shape, ValueId } from '../../../src-shared/program/language/types.ts';
import type { FileTensor } from '../importer/model-importer.ts';
import { axisOf, NodeRefusal, roles } from '../operations/graph-program.ts';
import type { GraphProgram, WeightRole } from '../operations/graph-program.ts';
import type { Attributes, GraphNode } from './graph-def.ts';
import { computedHost, isConstant } from './host-values.ts';
import type { HostValue } from './host-values.ts';

/** An output of a node: computed by the program, known when the model is read, or a tensor of the file. */
export type GraphValue =
  | { readonly kind: 'computed'; readonly value: ValueId }
  | { readonly kind: 'host'; readonly host: HostValue }
  | { readonly kind: 'stored'; readonly tensor: FileTensor };

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

  shapeAsHost(value: ValueId): HostValue {
    const host = computedHost((batch) => {
      const values = this.program.sizesFor(value, batch);
      return { dtype: 'int32', shape: [values.length], values };
    });
    return host!;
  }
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
