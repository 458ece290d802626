import { activation } from './activation.ts';
import { conv2d } from './conv2d.ts';
import { dense } from './dense.ts';
import { dropout } from './dropout.ts';
import { flatten } from './flatten.ts';
import { input } from './input.ts';
import type { LayerDefinition } from './layer.ts';
import { maxPooling2d } from './max-pooling-2d.ts';
import { output } from './output.ts';

/** Every kind of layer, in the order of the palette. */
export const layers: readonly LayerDefinition[] = [
  input,
  dense,
  flatten,
  conv2d,
  maxPooling2d,
  dropout,
  activation,
  output,
];

/** Layers by kind. */
export const layerCatalog: ReadonlyMap<string, LayerDefinition> = new Map(layers.map((layer) => [layer.kind, layer]));
