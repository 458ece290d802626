import type { ParameterSpec } from '../../../../src-shared/layers/definition/layer.ts';

/** Kinds that belong to one layer alone. */
const SINGLE: ReadonlySet<ParameterSpec['type']['kind']> = new Set<ParameterSpec['type']['kind']>([
  'formula',
  'formulaParameters',
  'columns',
  'inputName',
]);

/** Parameters that all layers have, of the same name and type, as the first has them. */
export function sharedParameters(layers: readonly (readonly ParameterSpec[])[]): ParameterSpec[] {
  const [first = [], ...others] = layers;
  return first.filter(
    (spec) =>
      !SINGLE.has(spec.type.kind) &&
      others.every((specs) =>
        specs.some(({ name, type }) => name === spec.name && JSON.stringify(type) === JSON.stringify(spec.type)),
      ),
  );
}
