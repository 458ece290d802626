import type { JsonValue } from '../../../document/schema/model-document.ts';
import type { ValueId } from '../../../program/language/types.ts';
import type { KerasLayerFacts, LayerContext } from '../../definition/layer.ts';
import type { ParameterSpec } from '../../parameters/parameter-spec.ts';
import type { ParameterValues } from '../../parameters/resolve-parameters.ts';

/** Of layers that add noise: whether they go on with it when the model is used. */
export const monteCarloParameter: ParameterSpec = {
  name: 'monteCarlo',
  label: 'Monte Carlo',
  help: 'Goes on when predicting: many draws of a prediction then tell how sure it is. Evaluation makes one draw.',
  default: false,
  type: { kind: 'boolean' },
  keras: 'none',
};

/** '0.5', or '0.5, Monte Carlo'. */
export function noiseSummary(amount: JsonValue | undefined, { monteCarlo }: ParameterValues): string {
  return monteCarlo === true ? `${String(amount)}, Monte Carlo` : String(amount);
}

/**
 * The int32 scalar that makes this call's noise: the step in training, and for a Monte Carlo layer
 * elsewhere the number of the draw. Null where the layer passes its input on.
 */
export function noiseStep({ params, training, step }: LayerContext): ValueId | null {
  return training || params['monteCarlo'] === true ? step : null;
}

/** @param amount The parameter with the amount of noise. */
export function noiseInKeras(amount: 'rate' | 'stddev'): KerasLayerFacts {
  return { inMode: (training) => ({ params: training ? { monteCarlo: true } : { [amount]: 0 } }) };
}

/** For a layer with dropout inside. @param amounts Its parameters with rates. */
export function dropoutInKeras(amounts: readonly string[]): KerasLayerFacts {
  return {
    inMode(training, params) {
      const drawn = amounts.filter((name) => (params[name] ?? 0) !== 0);
      if (drawn.length === 0) return {};
      return training ? null : { params: Object.fromEntries(drawn.map((name) => [name, 0])) };
    },
  };
}
