import { snakeCase } from '../../../document/schema/names.ts';
import type { JsonValue } from '../../../document/schema/model-document.ts';
import type { KerasMode, LayerContext, LayerDefinition } from '../../definition/layer.ts';
import type { ParameterSpec } from '../../parameters/parameter-spec.ts';
import { resolveParameters } from '../../parameters/resolve-parameters.ts';
import type { ParameterValues } from '../../parameters/resolve-parameters.ts';

/** The layer inside a wrapper, with the values of its own parameters. */
export interface WrappedLayer {
  readonly definition: LayerDefinition;
  readonly params: ParameterValues;
  /** Keras's default name of it: 'lstm'. */
  readonly name: string;
}

/** A parameter that is a layer: `{ kind, params }`, checked against that layer's own parameters. */
export function layerParameter(help: string, layers: readonly LayerDefinition[]): ParameterSpec {
  return {
    name: 'layer',
    label: 'Layer',
    help,
    default: { kind: layers[0]!.kind, params: {} },
    type: { kind: 'layer', layers },
    keras: 'required',
  };
}

/** A checked 'layer' parameter. */
export function wrappedLayer(layers: readonly LayerDefinition[], value: JsonValue | undefined): WrappedLayer {
  const { kind, params } = value as { kind: string; params: Record<string, JsonValue> };
  const definition = layers.find((layer) => layer.kind === kind)!;
  return { definition, params: resolveParameters(definition, params).values, name: snakeCase(kind) };
}

/** Context of the wrapped layer: its own parameters, weights and random numbers under `name`. */
export function innerContext(outer: LayerContext, { params }: WrappedLayer, name: string): LayerContext {
  return {
    ...outer,
    params,
    weight: (request) => outer.weight({ ...request, name: `${name}/${request.name}` }),
    updateWeight: (weight, value) => outer.updateWeight(`${name}/${weight}`, value),
    randomKey: (purpose) => outer.randomKey(`${name}/${purpose}`),
  };
}

/** A wrapper is always in a mode if the layer inside computes the same in both. */
export function wrapperInMode(
  layers: readonly LayerDefinition[],
  training: boolean,
  { layer }: ParameterValues,
): KerasMode | null {
  const { definition, params } = wrappedLayer(layers, layer);
  const { inMode } = definition.keras ?? {};
  const mode = inMode === undefined ? {} : inMode(training, params);
  return mode === null || Object.keys(mode).length > 0 ? null : mode;
}
