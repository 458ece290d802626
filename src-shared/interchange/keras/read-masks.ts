import type { LayerDefinition } from '../../layers/definition/layer.ts';
import { sameJson } from '../../text/same-json.ts';
import type { Json, JsonObject } from './generations/unchecked-json.ts';

/**
 * Keras 3 writes the masks that layers make as operations of the model, NotEqual and Any, and passes them to later
 * layers as arguments. Lamina computes masks by itself: such an argument is left out if it is the mask that the layer
 * has here anyway.
 */
export type KerasMask =
  /** A mask of the steps of `input` that differ from `value`. */
  | { readonly kind: 'steps'; readonly input: string; readonly value: Json; readonly perStep: boolean }
  /** Any other. */
  | { readonly kind: 'other' };

/** The mask that an operation computes; null if it does not compute one. @param inputs Names of its tensors. */
export function maskOfOperation(
  operation: string,
  inputs: readonly (string | KerasMask)[],
  constants: readonly Json[],
  config: JsonObject,
): KerasMask | null {
  const [input] = inputs;
  if (operation === 'notequal' && typeof input === 'string' && inputs.length === 1) {
    return { kind: 'steps', input, value: constants[0], perStep: false };
  }
  const isOfMasks = inputs.length > 0 && inputs.every((each) => typeof each !== 'string');
  if (!isOfMasks) return null;
  const ofSteps = operation === 'any' && sameJson(config['axis'] ?? null, -1) && config['keepdims'] === false;
  return ofSteps && inputs.length === 1 && (input as KerasMask).kind === 'steps'
    ? { ...(input as Extract<KerasMask, { kind: 'steps' }>), perStep: true }
    : { kind: 'other' };
}

/** The mask of a layer's output, as Keras and Lamina compute it. @param masks Of its inputs. */
export function maskOfLayer(
  definition: LayerDefinition | null,
  config: JsonObject,
  inputs: readonly string[],
  masks: readonly (KerasMask | null)[],
): KerasMask | null {
  const [input] = inputs;
  if (definition?.mask === undefined || input === undefined) return null;
  const made = definition.keras?.makesMask?.(config) ?? null;
  if (made !== null) return { kind: 'steps', input, value: made.value, perStep: made.perStep };
  if (inputs.length === 1) return masks[0] ?? null;
  return masks.some((mask) => mask !== null) ? { kind: 'other' } : null;
}

export function sameMask(a: KerasMask | null, b: KerasMask | null): boolean {
  return a?.kind === 'steps' && b?.kind === 'steps' && sameJson(a, b);
}
