import type { ParameterKind } from './parameter-kind.ts';

export interface BooleanType {
  readonly kind: 'boolean';
}

export const boolean: ParameterKind<BooleanType> = {
  fault: (_, value) => (typeof value === 'boolean' ? null : 'on or off'),
  field: () => ({ input: 'switch' }),
};
