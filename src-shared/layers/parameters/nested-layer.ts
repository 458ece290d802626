import type { JsonValue } from '../../document/schema/model-document.ts';
import type { ParameterKind } from './parameter-kind.ts';

/** A layer inside the layer: `{ "kind": …, "params": { … } }`, one of these with its own parameters. */
export interface NestedLayerType<Layer extends { readonly kind: string }> {
  readonly kind: 'layer';
  readonly layers: readonly Layer[];
}

export const layer: ParameterKind<NestedLayerType<{ readonly kind: string }>> = {
  fault(type, value, checkInside) {
    const found = nestedLayer(type, value);
    if (found === null) return `a layer of one of the kinds ${type.layers.map(({ kind }) => kind).join(', ')}`;
    const fault = checkInside(found.definition, found.params);
    return fault === null ? null : `${found.definition.kind} with ${fault}`;
  },
  field: () => ({ input: 'layer' }),
  toKeras: () => null,
};

/** The layer that a document's value is, with the values it gives to its parameters; null where it is none of the type's. */
export function nestedLayer<Layer extends { readonly kind: string }>(
  { layers }: NestedLayerType<Layer>,
  value: JsonValue | undefined,
): { readonly definition: Layer; readonly params: Record<string, JsonValue> } | null {
  if (value === undefined || value === null || typeof value !== 'object' || Array.isArray(value)) return null;
  const { kind, params } = value;
  const definition = layers.find((each) => each.kind === kind);
  const isObject = params !== undefined && params !== null && typeof params === 'object' && !Array.isArray(params);
  return definition === undefined || !isObject ? null : { definition, params };
}
