import type { JsonValue } from '../../document/schema/model-document.ts';
import { expectedName } from '../../text/suggest.ts';
import { snake } from './keras-value.ts';
import { optionWords } from './parameter-kind.ts';
import type { Option, ParameterKind } from './parameter-kind.ts';

export interface ChoiceType {
  readonly kind: 'choice';
  readonly options: readonly Option[];
}

export const choice: ParameterKind<ChoiceType> = {
  fault: ({ options }, value) => optionFault(options, value),
  field: ({ options }) => ({ input: 'select', options }),
  words: ({ options }, value) => optionWords(options, value),
  toKeras: (_, value) => snake(String(value)),
};

/** Null, or the options that were expected. */
export function optionFault(options: readonly Option[], value: JsonValue): string | null {
  if (options.some((option) => option.value === value)) return null;
  return expectedName(
    value,
    options.map((option) => option.value),
  );
}
