import { isEnd } from '../../document/schema/ends.ts';
import { layerCatalog } from '../../layers/catalog/catalog.ts';
import type { KerasLayerFacts, LayerDefinition } from '../../layers/definition/layer.ts';
import { snake } from '../../layers/parameters/keras-value.ts';
import type { ParameterSpec } from '../../layers/parameters/parameter-spec.ts';

/** The layer that both Keras and Lamina have under this name; null: one of them does not have it. */
export function layerOfKeras(className: string): LayerDefinition | null {
  const definition = layerCatalog.get(className);
  const isKeras = definition?.keras?.missing !== true && !isEnd({ kind: className });
  return isKeras ? (definition ?? null) : null;
}

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

function parametersOf(className: string): readonly ParameterSpec[] {
  return layerCatalog.get(className)?.parameters ?? [];
}
