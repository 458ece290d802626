import type { ProgramBuilder } from '../../../program/builder/builder.ts';
import { emitScan } from '../../../program/gradients/scan.ts';
import type { ValueId } from '../../../program/language/types.ts';
import { applyActivation } from '../../activations/named-activations.ts';
import { keptMask } from '../regularization/dropout-rate.ts';
import type { LayerContext, LayerOutput } from '../../definition/layer.ts';
import { maskColumn } from '../../definition/masks.ts';
import { numberOf } from '../../parameters/number.ts';
import { regularizedActivity, trainedWeight } from '../../definition/weight-parameters.ts';

/** One step of a recurrent layer, as its cell sees it. Values are of the step's own builder. */
export interface CellStep {
  readonly b: ProgramBuilder;
  /** The step's input after its product with the kernel, and bias: [N, gates · units]. */
  readonly z: ValueId;
  /** What the step before left, each [N, units]; the first is what comes out. */
  readonly states: readonly ValueId[];
  readonly constants: readonly ValueId[];
  /** h · recurrent_kernel for the columns of one group of gates. */
  product(h: ValueId, group: number): ValueId;
  activation(x: ValueId): ValueId;
  recurrentActivation(x: ValueId): ValueId;
}

export interface Cell {
  /** Gates that are multiplied together, in order: [3] or [2, 1] of three. */
  readonly groups: readonly number[];
  readonly states: number;
  /** Bias of the product with the kernel, [gates · units]; null: none. */
  readonly inputBias: ValueId | null;
  /** Further values each step reads. */
  readonly constants: readonly ValueId[];
  /** @returns The states after the step. */
  step(call: CellStep): readonly ValueId[];
}

/** A layer's cell, made when its kernels are. */
export interface CellDefinition {
  /** How many times `units` columns the kernels have. */
  readonly gates: number;
  /** Requests the cell's weights other than kernels: biases. */
  make(): Cell;
}

/**
 * Emits a recurrent layer: the products of all steps with the kernel are one, the rest is a
 * scan. Where the mask says so, a step leaves the states as they were. Source: Keras 3 `RNN`.
 */
export function emitRecurrent(context: LayerContext, { gates, make }: CellDefinition): LayerOutput {
  const { builder: b, params, inputShapes, masks } = context;
  const [, steps, features] = inputShapes[0]!;
  const units = numberOf(params['units']);
  const columns = gates * units;
  const kernel = trainedWeight(context, 'kernel', [features!, columns]);
  const recurrentKernel = trainedWeight(context, 'recurrent_kernel', [units, columns], 'recurrent');
  const cell = make();
  const z = projected(context, gates, cell.inputBias, kernel, [steps!, columns]);
  const memory = new Memory(context, gates, cell.groups, recurrentKernel, z);
  const mask = masks[0] ?? null;
  const returnSequences = params['returnSequences'] === true;
  const reverse = params['goBackwards'] === true;
  const zeros = b.plain('broadcastLike', b.scalar(0), memory.like);
  const { carried, outputs } = emitScan(b, {
    carried: new Array<ValueId>(cell.states).fill(zeros),
    sequences: mask === null ? [z] : [z, maskColumn(b, mask)],
    matrices: memory.matrices,
    constants: [...cell.constants, ...memory.dropped],
    reverse,
    step: (inner, { carried: states, sequences: [input, counts], matrices, constants }) => {
      const own = constants.slice(0, cell.constants.length);
      const dropped = constants.slice(cell.constants.length);
      const next = cell.step({
        b: inner,
        z: input!,
        states,
        constants: own,
        product: (h, group) => memory.product(inner, h, group, matrices, dropped),
        activation: (x) => applyActivation(inner, params['activation'], x),
        recurrentActivation: (x) => applyActivation(inner, params['recurrentActivation'], x),
      });
      const held = counts === undefined ? next : next.map((state, i) => inner.select(counts, state, states[i]!));
      return { carried: held, outputs: returnSequences ? [held[0]!] : [] };
    },
  });
  const inPlace = returnSequences ? outputs[0]! : carried[0]!;
  const output = returnSequences && reverse ? b.reverse(inPlace, 1) : inPlace;
  return { output: regularizedActivity(context, output), mask: returnSequences ? mask : null };
}

/** With recurrent dropout each gate has a separate mask, as in Keras; otherwise all gates share one. */
function hasMaskEachGate({ params }: LayerContext): boolean {
  return numberOf(params['recurrentDropout']) > 0;
}

/** Factors 0 and 1 / (1 - rate), shaped like `like`; null where nothing is dropped. */
function dropFactors(context: LayerContext, name: string, count: number, like: () => ValueId): ValueId[] {
  const { builder: b, params, training, step, randomKey } = context;
  const rate = numberOf(params[name]);
  if (!training || step === null || rate === 0) return [];
  const shaped = like();
  return Array.from({ length: count }, (_, i) =>
    b.multiply(keptMask(b, shaped, step, randomKey(`${name}${i}`), rate), b.scalar(1 / (1 - rate))),
  );
}

/** x · kernel + bias for all steps, [N, …shape]. */
function projected(
  context: LayerContext,
  gates: number,
  bias: ValueId | null,
  kernel: ValueId,
  shape: readonly number[],
): ValueId {
  const { builder: b, inputs, inputShapes } = context;
  const x = inputs[0]!;
  const features = inputShapes[0]!.at(-1)!;
  const masks = hasMaskEachGate(context) ? gates : 1;
  const factors = dropFactors(context, 'dropout', masks, () => b.slice(x, [0, 0, 0], [-1, 1, -1]));
  const rows = (value: ValueId): ValueId => b.reshape(value, [null, features]);
  const kernels = factors.length > 1 ? b.split(kernel, new Array<number>(masks).fill(shape[1]! / masks), 1) : [kernel];
  const products = kernels.map((part, i) =>
    b.matMul(rows(factors.length === 0 ? x : b.multiply(x, factors[i]!)), part),
  );
  const product = products.length === 1 ? products[0]! : b.concat(products, 1);
  const biased = bias === null ? product : b.add(product, bias);
  return b.reshape(biased, [null, ...shape]);
}

/** Products of what is remembered with the recurrent kernel. */
class Memory {
  /** One a group of gates, or one a gate where each has its own dropout. */
  readonly matrices: readonly ValueId[];
  /** Recurrent dropout's factors, one a gate; empty where nothing is dropped. */
  readonly dropped: readonly ValueId[];
  /** Some value [N, units]. */
  readonly like: ValueId;
  private readonly groups: readonly number[];

  constructor(context: LayerContext, gates: number, groups: readonly number[], kernel: ValueId, z: ValueId) {
    const { builder: b } = context;
    const units = b.shapeOf(kernel)[0]!;
    this.groups = groups;
    this.like = b.reshape(b.slice(z, [0, 0, 0], [-1, 1, units]), [null, units]);
    this.dropped = dropFactors(context, 'recurrentDropout', gates, () => this.like);
    const counts = this.dropped.length === 0 ? groups : new Array<number>(gates).fill(1);
    this.matrices = b.split(
      kernel,
      counts.map((count) => count * units),
      1,
    );
  }

  product(
    b: ProgramBuilder,
    h: ValueId,
    group: number,
    matrices: readonly ValueId[],
    dropped: readonly ValueId[],
  ): ValueId {
    if (dropped.length === 0) return b.matMul(h, matrices[group]!);
    const first = this.groups.slice(0, group).reduce((sum, count) => sum + count, 0);
    const gates = Array.from({ length: this.groups[group]! }, (_, i) => first + i);
    const products = gates.map((gate) => b.matMul(b.multiply(h, dropped[gate]!), matrices[gate]!));
    return products.length === 1 ? products[0]! : b.concat(products, 1);
  }
}
