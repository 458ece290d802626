/** Unchecked JSON of a Keras configuration. */
export type Json = unknown;
export type JsonObject = Readonly<Record<string, Json>>;

/** Limit of nested models. */
export const MAX_DEPTH = 32;

export const isModel = (className: string): boolean => ['Sequential', 'Functional', 'Model'].includes(className);

export function nameOf(layer: JsonObject): string {
  return textOf(layer['name']) ?? textOf(objectOf(layer['config'])?.['name']) ?? textOf(layer['class_name']) ?? 'layer';
}

/** The layers of a model; models of early Keras 2 and of Keras 1 have the list in place of the configuration. */
export function layersIn(model: JsonObject): JsonObject[] {
  const config = objectOf(model['config'])?.['layers'] ?? model['config'];
  return listOf(config)
    .map(objectOf)
    .filter((layer) => layer !== null);
}

/** A copy of the model with other layers. */
export function withLayers(model: JsonObject, layers: readonly JsonObject[]): JsonObject {
  const config = objectOf(model['config']);
  return { ...model, config: config === null ? layers : { ...config, layers } };
}

export function objectOf(value: Json): JsonObject | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : null;
}

export function listOf(value: Json): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

export function textOf(value: Json): string | null {
  return typeof value === 'string' ? value : null;
}
