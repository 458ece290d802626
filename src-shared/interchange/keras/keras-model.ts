import type { KerasArguments, KerasExpression, KerasObject, KerasValue } from '../../layers/parameters/keras-value.ts';

/**
 * A model as Keras describes one: layers with their arguments, connected by name. It stands between
 * a document and everything Keras writes or reads: Python code, JSON configurations.
 */

export interface KerasLayer {
  readonly className: string;
  readonly name: string;
  /** True for layers without weights too: some of Keras's take no `trainable`. */
  readonly trainable: boolean;
  /** In Keras's snake case; `name` and `trainable` left out. */
  readonly config: KerasArguments;
  /** Names of the layers it reads. */
  readonly inputs: readonly string[];
  /** What the layer's call is given beside its inputs. */
  readonly call?: KerasArguments;
  /** Where layers of this name were found inside a nested model. */
  readonly from?: string;
}

export interface KerasModel {
  readonly name: string;
  /** Each after those it reads; inputs are `InputLayer`s with `batch_shape`. */
  readonly layers: readonly KerasLayer[];
  readonly outputs: readonly string[];
  /** What could not be said in Keras, or not be read from it, in words. */
  readonly notes: readonly string[];
}

export function isKerasObject(value: KerasValue | undefined): value is KerasObject {
  return typeof value === 'object' && value !== null && 'className' in value;
}

export function isExpression(value: KerasValue | undefined): value is KerasExpression {
  return typeof value === 'object' && value !== null && 'python' in value;
}

/** True where the model is one chain from one input to one output. */
export function isSequential({ layers, outputs }: KerasModel): boolean {
  return (
    outputs.length === 1 &&
    layers.length > 1 &&
    layers.at(-1)!.name === outputs[0] &&
    layers.every(({ className, inputs }, index) =>
      index === 0
        ? className === 'InputLayer'
        : className !== 'InputLayer' && inputs.length === 1 && inputs[0] === layers[index - 1]!.name,
    )
  );
}
