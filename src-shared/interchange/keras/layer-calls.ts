import { layerCatalog } from '../../layers/catalog/catalog.ts';
import type { LayerDefinition } from '../../layers/definition/layer.ts';
import { sameJson } from '../../text/same-json.ts';
import type { BoundCall } from './bind-call.ts';
import { layerOfToday } from './generations/today.ts';
import { objectOf, textOf } from './generations/unchecked-json.ts';
import type { JsonObject } from './generations/unchecked-json.ts';
import { registeredPackage } from './generations/version.ts';
import type { KerasVersion } from './generations/version.ts';
import { layerOfKeras } from './keras-layers.ts';
import type { ImportLosses } from './import-losses.ts';
import type { ReadLayer } from './read-layer.ts';
import { operationOf } from './read-operations.ts';

/** The layer of the catalog for a layer of a file; null: there is none. */
export function definitionOf(layer: JsonObject, version: KerasVersion): LayerDefinition | null {
  const className = textOf(layer['class_name']) ?? 'Unknown';
  if (registeredPackage(layer) !== null || operationOf(layer) !== null) return null;
  if (className === 'InputLayer') return layerCatalog.get('Input')!;
  const today = layerOfToday({ className, config: objectOf(layer['config']) ?? {} }, version);
  return layerOfKeras(today.className);
}

/** Refuses arguments of a call that Lamina does not have. @param path Of the layer in the file. */
export function refuseUnknown({ unknown }: BoundCall, path: string, losses: ImportLosses): void {
  for (const [argument, value] of unknown) {
    const received = 'constant' in value ? JSON.stringify(value.constant) : 'an output of another layer';
    losses.refuse(
      'call-argument',
      path,
      `'${path}' is called with ${argument} = ${received}, which has no counterpart here. Without it the layer would compute something else.`,
    );
  }
}

/**
 * Refuses a layer that is called again with other arguments. Each call may be in inference mode or not; a layer that computes
 * as in training in all calls has parameters for it.
 *
 * @param layers Those that were read before.
 * @param owner Name of the first call.
 */
export function requireSameParameters(
  layers: readonly ReadLayer[],
  owner: string,
  { config, training }: ReadLayer,
  path: string,
  losses: ImportLosses,
): void {
  const first = layers.find(({ name }) => name === owner);
  if (first === undefined || (sameJson(first.config, config) && (first.training === true) === (training === true)))
    return;
  losses.refuse(
    'different-calls',
    path,
    `'${path}' is called several times with different arguments. Expected the same arguments in all calls of a shared layer.`,
  );
}
