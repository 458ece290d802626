import { AppError } from '../../errors/app-error.ts';
import { parseJson } from '../../text/parse-json.ts';
import { withoutApplicationLayers } from './application-layers.ts';
import { withLayersOfSteps } from './models-of-steps.ts';
import { isModel, objectOf, textOf } from './generations/unchecked-json.ts';
import type { Json, JsonObject } from './generations/unchecked-json.ts';
import { GENERATED_BY_LAMINA, kerasVersion } from './generations/version.ts';
import type { KerasVersion } from './generations/version.ts';

/** A model configuration in the file's own terms, but for models inside TimeDistributed (`withLayersOfSteps`) and layers of `keras.applications`. */
export interface KerasSource {
  /** `class_name` and `config`. */
  readonly model: JsonObject;
  readonly version: KerasVersion;
}

/** Information about the writer outside the configuration: from metadata.json, or attributes of HDF5. */
export interface KerasOrigin {
  readonly kerasVersion?: string | null;
}

/** Wrappers around a configuration: JSON of TF.js, JSON inside a string, … */
const MAX_WRAPPERS = 6;

/**
 * Finds the model configuration in a text: the output of `model.to_json()` or `get_config()`, `model_config` of an
 * HDF5 file, `config.json` of a `.keras` file, `model.json` of TF.js; each also as JSON inside a string.
 * @throws AppError `keras/not-a-model` if the text is none of them.
 */
export function readKerasSource(text: string, origin: KerasOrigin = {}): KerasSource {
  let value = parsed(text);
  let version = origin.kerasVersion ?? null;
  let byLamina = false;
  for (let wrapper = 0; wrapper < MAX_WRAPPERS; wrapper++) {
    const object = objectOf(value);
    version ??= textOf(object?.['keras_version']) ?? generatedBy(object);
    byLamina ||= object?.['generatedBy'] === GENERATED_BY_LAMINA;
    const inner = typeof value === 'string' ? parsed(value) : (object?.['modelTopology'] ?? object?.['model_config']);
    if (inner === undefined || inner === null) break;
    value = inner;
  }
  const model = withLayersOfSteps(withoutApplicationLayers(modelOf(plainValue(value))));
  return { model, version: kerasVersion(version, model, byLamina) };
}

/** TF.js names the converter's Keras: 'keras v2.5.0'. */
function generatedBy(object: JsonObject | null): string | null {
  return /^keras v(.+)$/.exec(textOf(object?.['generatedBy']) ?? '')?.[1] ?? null;
}

function modelOf(value: Json): JsonObject {
  const object = objectOf(value);
  const className = object?.['class_name'];
  if (object !== null && typeof className === 'string') {
    if (isModel(className)) return object;
    throw notAModel(`a '${className}'`);
  }
  // The output of get_config(); in Keras 1, of a Sequential, a list of layers.
  const config = objectOf(object?.['config']) ?? object;
  const layers = Array.isArray(value) ? value : config?.['layers'];
  if (
    !Array.isArray(layers) ||
    layers.length === 0 ||
    !layers.every((layer) => typeof objectOf(layer)?.['class_name'] === 'string')
  ) {
    throw notAModel("JSON without a 'class_name'");
  }
  return { class_name: config?.['input_layers'] === undefined ? 'Sequential' : 'Functional', config: config ?? value };
}

function notAModel(received: string): AppError {
  return new AppError(
    'keras/not-a-model',
    `Expected a Keras model configuration, as model.to_json() writes it; received ${received}. Export the model again.`,
  );
}

function parsed(text: string): Json {
  try {
    return parseJson(withPlainNumbers(text));
  } catch (error) {
    throw notAModel(error instanceof Error ? error.message : 'text that is not JSON');
  }
}

const NOT_A_NUMBER = 'not a number';

/** Python writes NaN and Infinity, which JSON does not have. */
function withPlainNumbers(text: string): string {
  if (!/\b(NaN|Infinity)\b/.test(text)) return text;
  return text.replace(/"(?:[^"\\]|\\.)*"|\bNaN\b|\bInfinity\b/gs, (token) => {
    if (token === 'NaN') return JSON.stringify({ class_name: NOT_A_NUMBER });
    return token === 'Infinity' ? '1e999' : token;
  });
}

/** Unwraps NumPy arrays and numbers, tuples and shapes, which Keras writes as objects. */
function plainValue(value: Json): Json {
  if (Array.isArray(value)) return value.map(plainValue);
  const object = objectOf(value);
  if (object === null) return value;
  if (object['type'] === 'ndarray' && 'value' in object) return plainValue(object['value']);
  switch (object['class_name']) {
    case NOT_A_NUMBER:
      return NaN;
    case '__numpy__':
    case '__tensor__':
      return plainValue(objectOf(object['config'])?.['value']);
    case '__tuple__':
    case 'TensorShape':
      return plainValue(object['items'] ?? objectOf(object['config'])?.['items'] ?? object['config']);
    default:
      return Object.fromEntries(Object.entries(object).map(([key, inner]) => [key, plainValue(inner)]));
  }
}
