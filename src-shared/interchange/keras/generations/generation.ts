import { ownValue } from '../../../text/own-value.ts';
import type { Json } from './unchecked-json.ts';

/** A layer's class and arguments, without `name` and `trainable`. */
export interface ConfiguredLayer {
  readonly className: string;
  readonly config: Readonly<Record<string, Json>>;
}

/**
 * Renames arguments to the names of a later Keras.
 *
 * @param names For each old name, the possible new ones. The first that the layer has is used; a list: the layer has
 *   all of these, with the same value.
 * @param has Whether the layer has an argument of this name in the catalog.
 */
export function renamed(
  config: ConfiguredLayer['config'],
  names: Readonly<Record<string, readonly (string | readonly string[])[]>>,
  has: (argument: string) => boolean,
): Record<string, Json> {
  const result = new Map<string, Json>();
  for (const [key, value] of Object.entries(config)) {
    const wanted = (ownValue(names, key) ?? []).map((each) => [each].flat()).find((each) => each.every(has));
    for (const name of wanted ?? [key]) result.set(name, result.get(name) ?? value);
  }
  return Object.fromEntries(result);
}
