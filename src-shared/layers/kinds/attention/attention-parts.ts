import type { ProgramBuilder } from '../../../program/builder/builder.ts';
import { showShape } from '../../../program/language/shape.ts';
import type { Shape, ValueId } from '../../../program/language/types.ts';
import { keptMask } from '../regularization/dropout-rate.ts';
import type { LayerContext, LayerDefinition } from '../../definition/layer.ts';
import type { ParameterSpec } from '../../parameters/parameter-spec.ts';
import type { Mask } from '../../definition/masks.ts';
import { numberOf } from '../../parameters/number.ts';

/** What layers of attention share: query, value and key are their inputs, in Keras's order. */

export const attentionDropout: ParameterSpec = {
  name: 'dropout',
  label: 'Dropout',
  help: 'Part of the attention weights set to zero while training.',
  default: 0,
  type: { kind: 'number', min: 0, max: 1, step: 0.05, exclusiveMax: true },
};

export const useCausalMask: ParameterSpec = {
  name: 'useCausalMask',
  label: 'Causal',
  help: 'A step attends to itself and steps before it, never to later ones.',
  default: false,
  type: { kind: 'boolean' },
  keras: 'call',
};

export const attentionPorts: LayerDefinition['inputs'] = {
  min: 1,
  max: 3,
  ports: [
    { name: 'query', label: 'Query' },
    { name: 'value', label: 'Value' },
    { name: 'key', label: 'Key' },
  ],
};

export interface AttentionInputs<Item> {
  readonly query: Item;
  readonly value: Item;
  readonly key: Item;
}

/** With one input a sequence attends to itself; without a key, the value is the key. */
export function attentionInputs<Item>([query, value = query!, key = value]: readonly Item[]): AttentionInputs<Item> {
  return { query: query!, value, key };
}

/** Null, or why these shapes do not go together. */
export function attentionProblem(shapes: readonly Shape[]): string | null {
  const wrong = shapes.find((shape) => shape.length !== 3);
  if (wrong !== undefined) {
    return `needs sequences of steps × features as query, value and key; received ${showShape(wrong)}. Insert Reshape before it.`;
  }
  const { value, key } = attentionInputs(shapes);
  if (value[1] === key[1]) return null;
  return `needs a value and a key of as many steps; received ${showShape(value)} and ${showShape(key)}. Connect sequences of one length.`;
}

/** True where step i may attend to step j: j ≤ i. bool [T, S]. */
export function causalMask(b: ProgramBuilder, queries: number, keys: number): ValueId {
  const steps = (count: number, shape: readonly number[]): ValueId =>
    b.constant(
      'int32',
      shape,
      Array.from({ length: count }, (_, i) => i),
    );
  return b.plain('greaterEqual', steps(queries, [queries, 1]), steps(keys, [1, keys]));
}

/** A mask of the value's or key's steps, [N, S], as [N, 1, S]. */
export function asRow(b: ProgramBuilder, mask: Mask): ValueId {
  const [batch, steps] = b.shapeOf(mask);
  return b.reshape(mask, [batch!, 1, steps!]);
}

/** All that are there at once; null where none is. */
export function everyMask(b: ProgramBuilder, masks: readonly (ValueId | null)[]): ValueId | null {
  const known = masks.filter((mask) => mask !== null);
  return known.length === 0 ? null : known.reduce((one, other) => b.plain('logicalAnd', one, other));
}

/** Attention weights, some of them set to zero while training. */
export function droppedWeights(
  { builder: b, params, training, step, randomKey }: LayerContext,
  weights: ValueId,
): ValueId {
  const rate = numberOf(params['dropout']);
  if (!training || step === null || rate === 0) return weights;
  const kept = keptMask(b, weights, step, randomKey('dropout'), rate);
  return b.multiply(weights, b.multiply(kept, b.scalar(1 / (1 - rate))));
}
