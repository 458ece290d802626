import type { JsonValue } from '../../document/schema/model-document.ts';
import type { ParameterKind } from './parameter-kind.ts';

/** Names of columns of the data set, each once; empty: all features, or the first target. */
export interface ColumnsType {
  readonly kind: 'columns';
  readonly of: 'features' | 'targets';
}

const MAX_COLUMNS = 10_000;

export const columns: ParameterKind<ColumnsType> = {
  fault({ of }, value) {
    const fits =
      Array.isArray(value) &&
      value.length <= MAX_COLUMNS &&
      value.every((name) => typeof name === 'string' && name !== '') &&
      new Set(value).size === value.length;
    return fits ? null : `a list of at most ${MAX_COLUMNS} names of ${of}, each once`;
  },
  field: ({ of }) => ({ input: 'columns', of }),
  single: true,
};

/** 'age, income, …'. */
export function summarizeNames(names: readonly JsonValue[]): string {
  const shown = names.slice(0, 2).map(String).join(', ');
  return names.length > 2 ? `${shown}, … (${names.length})` : shown;
}
