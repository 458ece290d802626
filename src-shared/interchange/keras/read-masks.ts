import type { LayerDefinition } from '../../layers/definition/layer.ts';
import { sameJson } from '../../text/same-json.ts';
import type { Json, JsonObject } from './generations/unchecked-json.ts';

/**
 * Keras 3 writes the masks that layers make as operations of the model, NotEqual and Any, and passes them to later
 * layers as arguments. Lamina computes masks itself, so such an argument is left out if it equals the mask that Lamina
 * computes for that input.
 */
type KerasMask =
  /** A mask of the steps of `input` that differ from `value`. */
  | { readonly kind: 'steps'; readonly input: string; readonly value: Json; readonly perStep: boolean }
  /** Any other. */
  | { readonly kind: 'other' };

/** A layer's inputs, and the masks that its call passes, with the names of the operations that compute them. */
export interface MaskedCall {
  readonly definition: LayerDefinition | null;
  readonly inputs: readonly { readonly name: string; readonly argument?: string }[];
  readonly masks: readonly { readonly input: number | string; readonly mask: string }[];
}

/** The masks of one model. */
export class ModelMasks {
  /** Of operations that compute masks, by their names. */
  readonly #computed = new Map<string, KerasMask>();
  /** Of the outputs of layers, by their names. */
  readonly #ofLayers = new Map<string, KerasMask | null>();

  /** Whether it is an operation that computes a mask. */
  isMask(name: string): boolean {
    return this.#computed.has(name);
  }

  /** Whether an output has a mask. */
  isMasked(name: string): boolean {
    return (this.#ofLayers.get(name) ?? null) !== null;
  }

  /** @returns Whether the operation computes a mask; it is not a layer then. */
  addOperation(
    name: string,
    operation: string,
    inputs: readonly string[],
    constants: readonly Json[],
    config: JsonObject,
  ): boolean {
    const sources = inputs.map((input) => this.#computed.get(input) ?? input);
    const mask = maskOfOperation(operation, sources, constants, config);
    if (mask !== null) this.#computed.set(name, mask);
    return mask !== null;
  }

  addLayer(name: string, definition: LayerDefinition | null, config: JsonObject, inputs: MaskedCall['inputs']): void {
    const mask = definition?.mask === undefined ? null : this.#ofOutput(definition, config, inputs);
    this.#ofLayers.set(name, mask);
  }

  /** The mask of a layer's output, as Keras and Lamina compute it. */
  #ofOutput(definition: LayerDefinition, config: JsonObject, inputs: MaskedCall['inputs']): KerasMask | null {
    const [first] = inputs;
    if (first === undefined) return null;
    const made = definition.keras?.makesMask?.(config) ?? null;
    if (made !== null) return { kind: 'steps', input: first.name, value: made.value, perStep: made.perStep };
    const maskOf = (input: { readonly name: string }): KerasMask | null => this.#ofLayers.get(input.name) ?? null;
    const kept = definition.keras?.keepsMaskOf;
    if (inputs.length === 1) return maskOf(first);
    if (kept !== undefined) return maskOf(inputOf(definition, inputs, kept) ?? first);
    return inputs.some((input) => maskOf(input) !== null) ? { kind: 'other' } : null;
  }

  /** Whether each passed mask equals the one that Lamina computes for the input. */
  areImplied({ definition, inputs, masks }: MaskedCall): boolean {
    return masks.every(({ input, mask }) => {
      const at = typeof input === 'number' ? inputs[input] : inputOf(definition, inputs, input);
      return at !== undefined && sameMask(this.#computed.get(mask) ?? null, this.#ofLayers.get(at.name) ?? null);
    });
  }
}

/** The input that a layer is called with as the argument. */
function inputOf(
  definition: LayerDefinition | null,
  inputs: MaskedCall['inputs'],
  wanted: string,
): MaskedCall['inputs'][number] | undefined {
  const ports = definition?.inputs.ports;
  return inputs.find(({ argument }, index) => (argument ?? ports?.[index]?.name) === wanted);
}

/** The mask that an operation computes; null if it does not compute one. @param inputs Names of its tensors. */
function maskOfOperation(
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
  if (operation === 'converttotensor' && inputs.length === 1) return input as KerasMask;
  const ofSteps = operation === 'any' && sameJson(config['axis'] ?? null, -1) && config['keepdims'] === false;
  return ofSteps && inputs.length === 1 && (input as KerasMask).kind === 'steps'
    ? { ...(input as Extract<KerasMask, { kind: 'steps' }>), perStep: true }
    : { kind: 'other' };
}

function sameMask(a: KerasMask | null, b: KerasMask | null): boolean {
  return a?.kind === 'steps' && b?.kind === 'steps' && sameJson(a, b);
}
