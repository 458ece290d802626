import { layerCatalog } from '../../../layers/catalog/catalog.ts';
import { snake } from '../../../layers/parameters/keras-value.ts';
import type { KerasVersion } from './version.ts';
import type { ConfiguredLayer } from './generation.ts';
import { fromKeras1 } from './keras1.ts';
import { fromKeras2 } from './keras2.ts';
import { fromKeras3 } from './keras3.ts';

/**
 * A layer as Keras 3 names it and its arguments, and computes it. What a generation cannot translate keeps its old
 * name, which no layer of today has.
 */
export function layerOfToday(layer: ConfiguredLayer, version: KerasVersion): ConfiguredLayer {
  const of1 = version.generation === 1 ? fromKeras1(layer, hasArgument) : layer;
  const of2 = version.generation <= 2 ? fromKeras2(of1, version, hasArgument, isKnown) : of1;
  return fromKeras3(of2);
}

function hasArgument(className: string, argument: string): boolean {
  return layerCatalog.get(className)?.parameters.some(({ name }) => snake(name) === argument) === true;
}

const isKnown = (className: string): boolean => layerCatalog.has(className);
