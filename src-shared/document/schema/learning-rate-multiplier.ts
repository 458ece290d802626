import type { JsonValue } from './model-document.ts';

/** Name of the factor of a layer's learning rate among its parameters; Block nodes have one too, for all inside. */
export const LEARNING_RATE_MULTIPLIER = 'learningRateMultiplier';

/** Parameters of a layer inside something whose learning rate has a factor: the layer's own counts too. */
export function withMultiplier(
  params: Readonly<Record<string, JsonValue>>,
  factor: JsonValue | undefined,
): Readonly<Record<string, JsonValue>> {
  const own = params[LEARNING_RATE_MULTIPLIER] ?? 1;
  // What is no number is told where parameters are checked.
  if (typeof factor !== 'number' || typeof own !== 'number' || factor === 1) return params;
  return { ...params, [LEARNING_RATE_MULTIPLIER]: own * factor };
}
