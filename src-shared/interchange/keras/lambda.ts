import { listOf, objectOf, textOf } from './generations/unchecked-json.ts';
import type { Json, JsonObject } from './generations/unchecked-json.ts';

/**
 * What a Lambda layer was, for people: the name of its function and the arguments that it is called with. Code in the file
 * is not read.
 *
 * @param config Of Keras 1 to 3.
 * @param shape Of its output, with the batch axis; null: unknown.
 */
export function lambdaText(config: JsonObject, shape: readonly (number | null)[] | null): string {
  // Code is text in base 64, or a list with it.
  const name = config['function_type'] === 'lambda' ? null : nameOf(config['function']);
  const values = Object.entries(objectOf(config['arguments']) ?? {}).map(([key, value]) => `${key} = ${shown(value)}`);
  const called = values.length === 0 ? '' : ` with ${values.join(', ')}`;
  const output =
    shape === null
      ? ''
      : `, output ${
          shape
            .slice(1)
            .map((size) => size ?? 'any')
            .join(' × ') || '1 value'
        }`;
  return `${name === null ? 'an unnamed Python function' : `the Python function ${name}`}${called}${output}`.slice(
    0,
    500,
  );
}

/** Keras 3 has `{ class_name: 'function', config: 'name' }` for a named function, earlier ones its name. */
function nameOf(given: Json): string | null {
  const object = objectOf(given);
  const name =
    object === null ? textOf(given) : object['class_name'] === '__lambda__' ? null : textOf(object['config']);
  return name !== null && /^[A-Za-z_][\w.]{0,99}$/.test(name) ? name : null;
}

function shown(value: Json): string {
  if (objectOf(value) !== null) return '{…}';
  const text = Array.isArray(value) && listOf(value).length > 8 ? '[…]' : JSON.stringify(value ?? null);
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
