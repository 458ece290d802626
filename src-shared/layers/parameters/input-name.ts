import type { ParameterKind } from './parameter-kind.ts';

/** The name of an Input of the model, or an empty text. */
export interface InputNameType {
  readonly kind: 'inputName';
}

export const inputName: ParameterKind<InputNameType> = {
  fault: (_, value) => (typeof value === 'string' ? null : "an Input's name, or nothing"),
  field: () => ({ input: 'inputName' }),
  single: true,
};
