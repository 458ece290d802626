import type { Json } from './unchecked-json.ts';

/** A layer's class and arguments, without `name` and `trainable`. */
export interface ConfiguredLayer {
  readonly className: string;
  readonly config: Readonly<Record<string, Json>>;
}

/**
 * Gives arguments today's names.
 *
 * @param names For each old name the new ones, of which the layer has one; several of them: it has all.
 * @param has Whether the layer has an argument of this name today.
 */
export function renamed(
  config: ConfiguredLayer['config'],
  names: Readonly<Record<string, readonly (string | readonly string[])[]>>,
  has: (argument: string) => boolean,
): Record<string, Json> {
  const result: Record<string, Json> = {};
  for (const [key, value] of Object.entries(config)) {
    const wanted = (names[key] ?? []).map((each) => [each].flat()).find((each) => each.every(has));
    for (const name of wanted ?? [key]) result[name] ??= value;
  }
  return result;
}
