import type { Column } from './dataset-document.ts';

interface Choice<Value extends string> {
  readonly value: Value;
  readonly label: string;
}

export const roles: readonly Choice<Column['role']>[] = [
  { value: 'feature', label: 'feature' },
  { value: 'target', label: 'target' },
  { value: 'weight', label: 'weight' },
  { value: 'ignored', label: 'ignored' },
];

export const types: readonly Choice<Column['type']>[] = [
  { value: 'numeric', label: 'numeric' },
  { value: 'categorical', label: 'categorical' },
];

const dropRow: Choice<Column['missing']> = { value: 'drop-row', label: 'drop row' };
const mostFrequent: Choice<Column['missing']> = { value: 'most-frequent', label: 'most frequent' };

/** What can be done about a missing value in a column. */
export function missingChoices(column: Column): readonly Choice<Column['missing']>[] {
  if (column.type === 'image' || column.role === 'target' || column.role === 'weight') return [dropRow];
  if (column.type === 'categorical') return [{ value: 'category', label: 'own category' }, mostFrequent, dropRow];
  return [
    { value: 'median', label: 'median' },
    { value: 'mean', label: 'mean' },
    { value: 'zero', label: 'zero' },
    mostFrequent,
    dropRow,
  ];
}

export function scalingChoices(column: Column): readonly Choice<Column['scaling']>[] {
  if (column.type === 'categorical' || column.role === 'weight') return [{ value: 'none', label: 'none' }];
  return [
    { value: 'standard', label: 'standard' },
    { value: 'min-max', label: 'min–max' },
    ...(column.type === 'image' ? [{ value: 'unit', label: '÷ 255' } as const] : []),
    { value: 'none', label: 'none' },
  ];
}

/**
 * The columns after an edit of one: choices that no longer fit take the first that does, a weight
 * is a number, and there is one weight at most.
 */
export function editColumn(columns: readonly Column[], name: string, patch: Partial<Column>): Column[] {
  return columns.map((column) => {
    if (column.name !== name) {
      return patch.role === 'weight' && column.role === 'weight'
        ? withFittingSettings({ ...column, role: 'ignored' })
        : column;
    }
    const { unit, ...rest } = { ...column, ...patch, ...(patch.role === 'weight' ? { type: 'numeric' as const } : {}) };
    return withFittingSettings(unit === undefined || unit === '' ? rest : { ...rest, unit });
  });
}

/** Settings that do not fit the column's type and role are replaced by the usual ones. */
export function withFittingSettings(column: Column): Column {
  const usual = withUsualSettings(column);
  return {
    ...column,
    missing: missingChoices(column).some(({ value }) => value === column.missing) ? column.missing : usual.missing,
    scaling: scalingChoices(column).some(({ value }) => value === column.scaling) ? column.scaling : usual.scaling,
  };
}

export function withUsualSettings(column: Column): Column {
  return { ...column, missing: missingChoices(column)[0]!.value, scaling: scalingChoices(column)[0]!.value };
}
