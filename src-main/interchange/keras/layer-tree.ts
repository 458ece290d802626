import {
  isModel,
  layersIn,
  MAX_DEPTH,
  nameOf,
  objectOf,
  textOf,
} from '../../../src-shared/interchange/keras/generations/unchecked-json.ts';
import type { JsonObject } from '../../../src-shared/interchange/keras/generations/unchecked-json.ts';
import { storedAs } from '../../../src-shared/interchange/keras/stored-as.ts';

/** A layer of a Keras configuration, with what the order of weights in files depends on. */
export interface TreeLayer {
  readonly name: string;
  /** Names of the nested models and of the layer, joined by slashes, as `ImportedLayer` has it. */
  readonly path: string;
  /** As in the file. */
  readonly className: string;
  /** Group of the layer's weights inside the group that its class names; '' for that group. */
  readonly innerGroup: string;
  /** The file's name of the layer's only weight; absent: Keras's names. */
  readonly weightName?: string;
  readonly config: JsonObject;
  /** Also false if a nested model around it is frozen. */
  readonly trainable: boolean;
  /** Of a nested model; null: it is a layer. */
  readonly layers: readonly TreeLayer[] | null;
}

/** The layers of a model and of its nested models, without its inputs. */
export function layerTree(model: JsonObject): readonly TreeLayer[] {
  return layersOf(model, '', true, 0);
}

function layersOf(model: JsonObject, prefix: string, trainable: boolean, depth: number): readonly TreeLayer[] {
  if (depth > MAX_DEPTH) return [];
  return layersIn(model)
    .filter((layer) => layer['class_name'] !== 'InputLayer')
    .map((layer) => treeLayer(layer, prefix, trainable, depth));
}

function treeLayer(layer: JsonObject, prefix: string, outerTrainable: boolean, depth: number): TreeLayer {
  const name = nameOf(layer);
  const className = textOf(layer['class_name']) ?? '';
  const stored = storedAs(layer);
  const config = objectOf(layer['config']) ?? {};
  const path = `${prefix}${name}`;
  const trainable = outerTrainable && config['trainable'] !== false;
  const layers = isModel(className) ? layersOf(layer, `${path}/`, trainable, depth + 1) : null;
  return {
    name,
    path,
    className: stored?.className ?? className,
    innerGroup: stored?.inner ?? '',
    ...(stored?.weightName === undefined ? {} : { weightName: stored.weightName }),
    config,
    trainable,
    layers,
  };
}

/** The layers, with each nested model replaced by the layers inside it. */
export function leavesOf(layers: readonly TreeLayer[]): readonly TreeLayer[] {
  return layers.flatMap((layer) => (layer.layers === null ? [layer] : leavesOf(layer.layers)));
}
