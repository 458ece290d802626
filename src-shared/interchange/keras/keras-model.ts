import type { Shape } from '../../program/language/types.ts';
import type { KerasArguments, KerasExpression, KerasObject, KerasValue } from '../../layers/parameters/keras-value.ts';

/**
 * A model in Keras's terms: layers with their arguments, connected by name. The intermediate
 * representation between documents and Keras's formats (Python code, JSON configurations).
 */

/** A layer, or a further call of one. */
export interface KerasLayer {
  readonly className: string;
  /** Unique in the model. */
  readonly name: string;
  /** Name of the layer that is called again; it has the same arguments. Absent: a layer of this name. */
  readonly weightsOf?: string;
  /** True also for layers without weights: some of Keras's do not accept `trainable`. */
  readonly trainable: boolean;
  /** In Keras's snake case, without `name` and `trainable`. */
  readonly config: KerasArguments;
  /** Names of the layers and calls it reads. */
  readonly inputs: readonly string[];
  /** Keyword argument that passes each input; undefined: it is passed by position. Absent: all are. */
  readonly inputArguments?: readonly (string | undefined)[];
  /** Arguments of the layer's call except its inputs. */
  readonly call?: KerasArguments;
  /** The nested model that is called, at its first call; `className` is 'Functional'. */
  readonly model?: KerasModel;
  /** Shape of the output, null for the batch axis; null: not known. */
  readonly shape?: Shape | null;
}

export interface KerasModel {
  readonly name: string;
  /** In topological order; inputs are `InputLayer`s with `batch_shape`. */
  readonly layers: readonly KerasLayer[];
  readonly outputs: readonly string[];
  /** Messages about what could not be expressed in Keras, or read from it. */
  readonly notes: readonly string[];
}

export function isKerasObject(value: KerasValue | undefined): value is KerasObject {
  return typeof value === 'object' && value !== null && 'className' in value;
}

export function isExpression(value: KerasValue | undefined): value is KerasExpression {
  return typeof value === 'object' && value !== null && 'python' in value;
}

/** Whether the model is a chain from one input to one output. */
export function isSequential({ layers, outputs }: KerasModel): boolean {
  return (
    outputs.length === 1 &&
    layers.length > 1 &&
    layers.at(-1)!.name === outputs[0] &&
    layers.every(({ className, inputs }, index) =>
      index === 0
        ? className === 'InputLayer'
        : className !== 'InputLayer' && inputs.length === 1 && inputs[0] === layers[index - 1]!.name,
    ) &&
    layers.every(({ weightsOf, model }) => weightsOf === undefined && model === undefined) &&
    // The layers of a Sequential are called without arguments.
    layers.every(({ call = {} }) => Object.keys(call).length === 0)
  );
}

/** The calls of each layer in order, by the layer's name; layers in the order of their first calls. */
export function callsByLayer(
  layers: readonly KerasLayer[],
): ReadonlyMap<string, readonly [KerasLayer, ...KerasLayer[]]> {
  return Map.groupBy(layers, layerOf) as Map<string, [KerasLayer, ...KerasLayer[]]>;
}

/** Name of the layer that is called. */
export const layerOf = ({ name, weightsOf }: KerasLayer): string => weightsOf ?? name;
