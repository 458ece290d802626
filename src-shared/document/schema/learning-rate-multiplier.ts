import type { JsonValue } from './model-document.ts';

/** Parameter with the factor of a layer's learning rate. On a Block node it applies to all layers inside. */
export const LEARNING_RATE_MULTIPLIER = 'learningRateMultiplier';

/** Multiplies the layer's own multiplier by `factor`. */
export function withMultiplier(
  params: Readonly<Record<string, JsonValue>>,
  factor: JsonValue | undefined,
): Readonly<Record<string, JsonValue>> {
  const own = params[LEARNING_RATE_MULTIPLIER] ?? 1;
  // The parameter check reports other values.
  if (typeof factor !== 'number' || typeof own !== 'number' || factor === 1) return params;
  return { ...params, [LEARNING_RATE_MULTIPLIER]: own * factor };
}
