import { layersIn, listOf, objectOf, textOf } from './unchecked-json.ts';
import type { JsonObject } from './unchecked-json.ts';

/** The Keras that wrote a configuration. */
export interface KerasVersion {
  /** Decides names, defaults and functions. TF.js writes those of Keras 2. */
  readonly generation: 1 | 2 | 3;
  /** Of Keras 2: 2 for 2.2.4; Infinity if it is not in the file. */
  readonly minor: number;
  /** As in the file: '2.2.4-tf', 'tfjs-layers 4.22.0'; null: inferred from names and structure. */
  readonly text: string | null;
  /**
   * Whether `training` of a call is the mode in which the layer computes. Keras 3 writes the mode in which it was called, and
   * uses the mode of the model instead.
   */
  readonly keepsModes: boolean;
}

/** `generatedBy` of a configuration that Lamina wrote. */
export const GENERATED_BY_LAMINA = 'Lamina';

/**
 * @param text `keras_version` of the file; null: it has none.
 * @param byLamina Whether Lamina wrote it.
 */
export function kerasVersion(text: string | null, model: JsonObject, byLamina: boolean): KerasVersion {
  const version = versionOf(text, model);
  return { ...version, keepsModes: byLamina || version.generation < 3 };
}

function versionOf(text: string | null, model: JsonObject): Omit<KerasVersion, 'keepsModes'> {
  if (text?.startsWith('tfjs') === true) return { generation: 2, minor: Infinity, text };
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(text ?? '') ?? [];
  if (major === undefined || Number(major) > 3 || Number(major) < 0) {
    return { generation: inferred(model), minor: Infinity, text };
  }
  const generation = Number(major) <= 1 ? 1 : (Number(major) as 2 | 3);
  return { generation, minor: Number(minor), text };
}

/** Arguments that only Keras 1 has. */
const ONLY_KERAS_1 = ['nb_filter', 'border_mode', 'dim_ordering', 'W_regularizer', 'b_regularizer', 'inner_init'];

function inferred(model: JsonObject): 1 | 2 | 3 {
  const all = allLayers(model, 0);
  const configs = all.map(({ config }) => objectOf(config) ?? {});
  if (configs.some((config) => ONLY_KERAS_1.some((key) => key in config))) return 1;
  const calls = all.flatMap((layer) => listOf(layer['inbound_nodes']));
  if (calls.some(Array.isArray) || configs.some((config) => 'batch_input_shape' in config)) return 2;
  const ofKeras3 =
    all.some((layer) => textOf(layer['module']) !== null) || calls.some((call) => objectOf(call) !== null);
  return ofKeras3 ? 3 : 2;
}

function allLayers(model: JsonObject, depth: number): JsonObject[] {
  if (depth > 3) return [];
  return layersIn(model).flatMap((layer) => [layer, ...allLayers(layer, depth + 1)]);
}

/** The package of a custom class, one that is not from Keras; null: it is from Keras. */
export function registeredPackage(layer: JsonObject): string | null {
  const registered = textOf(layer['registered_name']);
  const [owner, name] = registered?.split('>') ?? [];
  if (owner !== undefined && name !== undefined && owner !== '') return owner;
  const module = textOf(layer['module']);
  return module === null || /^(keras|tf_keras|tensorflow|builtins)\b/.test(module) ? null : module;
}
