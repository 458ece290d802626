import type { ProgramBuilder } from '../builder/builder.ts';
import type { ScanAttributes, ScanSource, ValueId } from '../language/types.ts';
import { zerosLike } from './gradient-rule.ts';
import type { GradientRules, InputGradient, SeveralGradients } from './gradient-rule.ts';
import { scanParts } from '../shapes/scan-shapes.ts';
import type { ScanParts } from '../shapes/scan-shapes.ts';

/**
 * The gradient of a scan is a scan in the other direction. Gradients of matrices are not
 * summed step by step: each is one matrix product over all steps, of the stacked left factors
 * and the stacked gradients of the products.
 */
export const scanGradients: GradientRules<'scan'> = {
  scan: {
    everyOutput: (call) => {
      const backward = new BackwardScan(call);
      const { carried, sequences, matrices, constants } = backward.parts;
      return [
        ...carried.map((_, i) => () => backward.carried(i)),
        ...sequences.map((_, i) => backward.sequence(i)),
        ...matrices.map((_, i) => backward.matrix(i)),
        ...constants.map((_, i) => backward.constant(i)),
      ];
    },
  },
};

class BackwardScan {
  readonly parts: ScanParts<ValueId>;
  private readonly builder: ProgramBuilder;
  private readonly call: SeveralGradients<'scan'>;
  private readonly plan: NonNullable<ScanAttributes['backward']>;
  private outputs: readonly ValueId[] | null = null;

  constructor(call: SeveralGradients<'scan'>) {
    this.builder = call.builder;
    this.call = call;
    this.parts = scanParts(call.inputs, call.attributes);
    const { backward } = call.attributes;
    if (backward === undefined) throw new Error('This scan has no gradient plan: build it with emitScan.');
    this.plan = backward;
  }

  carried(index: number): ValueId {
    return this.run()[index]!;
  }

  sequence(index: number): InputGradient | null {
    const output = this.plan.sequences[index] ?? null;
    return output === null ? null : () => this.stacked(output);
  }

  matrix(index: number): InputGradient | null {
    const products = this.plan.products.filter(({ matrix }) => matrix === index);
    if (products.length === 0) return null;
    return () =>
      products
        .map(({ left, gradient }) =>
          this.builder.matMul(this.rows(this.source(left)), this.rows(this.stacked(gradient)), true),
        )
        .reduce((sum, product) => this.builder.add(sum, product));
  }

  constant(index: number): InputGradient | null {
    const output = this.plan.constantGradients[index] ?? null;
    if (output === null) return null;
    return () => this.builder.reduceSum(this.stacked(output), [1]);
  }

  /** Reshapes [N, T, F] to [N · T, F]. */
  private rows(value: ValueId): ValueId {
    const shape = this.builder.shapeOf(value);
    const rows = shape[0] === null ? null : shape[0]! * shape[1]!;
    return this.builder.reshape(value, [rows, shape[2]!]);
  }

  private stacked(output: number): ValueId {
    return this.run()[this.parts.carried.length + output]!;
  }

  private source({ from, index }: ScanSource): ValueId {
    if (from === 'sequence') return this.parts.sequences[index]!;
    const output = this.call.outputs[this.parts.carried.length + index]!;
    if (from === 'output') return output;
    return this.call.gradients[this.parts.carried.length + index] ?? zerosLike(this.builder, output);
  }

  private run(): readonly ValueId[] {
    if (this.outputs !== null) return this.outputs;
    const { builder: b, parts, plan, call } = this;
    const { body, sources, matrices, constants } = plan;
    const ends = parts.carried.map((_, i) => call.gradients[i] ?? zerosLike(b, call.outputs[i]!));
    const inputs = [
      ...ends,
      ...sources.map((source) => this.source(source)),
      ...matrices.map((matrix) => b.transpose(parts.matrices[matrix]!, [1, 0])),
      ...constants.map((constant) => parts.constants[constant]!),
    ];
    this.outputs = b.op('scan', inputs, {
      body,
      carried: ends.length,
      sequences: sources.length,
      matrices: matrices.length,
      reverse: !call.attributes.reverse,
    });
    return this.outputs;
  }
}
