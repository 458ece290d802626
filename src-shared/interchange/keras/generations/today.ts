import { layerCatalog } from '../../../layers/catalog/catalog.ts';
import { snake } from '../../../layers/parameters/keras-value.ts';
import { ownValue } from '../../../text/own-value.ts';
import type { KerasVersion } from './version.ts';
import type { ConfiguredLayer } from './generation.ts';
import { fromKeras1 } from './keras1.ts';
import { fromKeras2 } from './keras2.ts';

/** Classes of Keras 3 that are other layers of the catalog, with these arguments. */
const CLASSES: Readonly<Record<string, ConfiguredLayer>> = {
  Identity: { className: 'Activation', config: { activation: 'linear' } },
};

/**
 * Converts a layer of any Keras version to the classes and arguments of Keras 3. A class without a counterpart keeps its
 * name, so that it is reported as unknown.
 */
export function layerOfToday(layer: ConfiguredLayer, version: KerasVersion): ConfiguredLayer {
  const keras2 = version.generation === 1 ? fromKeras1(layer, hasArgument) : layer;
  const keras3 = version.generation <= 2 ? fromKeras2(keras2, version, hasArgument, isKnown) : keras2;
  const other = ownValue(CLASSES, keras3.className);
  return other === undefined ? keras3 : { ...other, config: { ...keras3.config, ...other.config } };
}

function hasArgument(className: string, argument: string): boolean {
  return layerCatalog.get(className)?.parameters.some(({ name }) => snake(name) === argument) === true;
}

const isKnown = (className: string): boolean => layerCatalog.has(className);
