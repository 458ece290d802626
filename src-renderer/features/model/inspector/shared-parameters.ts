import { kindOf } from '../../../../src-shared/layers/parameters/parameter-spec.ts';
import type { ParameterSpec } from '../../../../src-shared/layers/parameters/parameter-spec.ts';

/** Parameters that all layers have, of the same name and type, as the first has them. */
export function sharedParameters(layers: readonly (readonly ParameterSpec[])[]): ParameterSpec[] {
  const [first = [], ...others] = layers;
  return first.filter(
    (spec) =>
      kindOf(spec.type).single !== true &&
      others.every((specs) =>
        specs.some(({ name, type }) => name === spec.name && JSON.stringify(type) === JSON.stringify(spec.type)),
      ),
  );
}
