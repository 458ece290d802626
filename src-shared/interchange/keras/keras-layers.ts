import { layerCatalog } from '../../layers/catalog/catalog.ts';
import type { KerasLayerFacts } from '../../layers/definition/layer.ts';
import { snake } from '../../layers/parameters/keras-value.ts';
import type { ParameterSpec } from '../../layers/parameters/parameter-spec.ts';

/** Keras facts of a layer by Keras's class name; undefined if there are none. */
export function factsOf(className: string): KerasLayerFacts | undefined {
  return layerCatalog.get(className)?.keras;
}

/** Names of the arguments that Keras requires, in its order; code passes them by position. */
export function requiredArguments(className: string): string[] {
  return parametersOf(className)
    .filter(({ keras }) => keras === 'required')
    .map(({ name }) => snake(name));
}

/** Whether it is an argument of the layer's call, not of its constructor. */
export function isCallArgument(className: string, key: string): boolean {
  return parametersOf(className).some(({ keras, name }) => keras === 'call' && snake(name) === key);
}

function parametersOf(className: string): readonly ParameterSpec[] {
  return layerCatalog.get(className)?.parameters ?? [];
}
