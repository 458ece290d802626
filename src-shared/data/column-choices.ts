import type { ColumnType } from './columns/column-type.ts';
import { columnTypeOf, columnTypes } from './columns/registry.ts';
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

const typeChoice = ({ type, label }: ColumnType): Choice<Column['type']> => ({ value: type, label });

/** Types that a person may choose for a column. @param isTable Texts of the data may name picture files. */
export function typeChoices(column: Column, isTable: boolean): readonly Choice<Column['type']>[] {
  const { hasClasses, inTable: isValue } = columnTypeOf(column);
  if (!isTable && !isValue) return [typeChoice(columnTypeOf(column))];
  const mayNamePictures = isTable && (isPicture(column) || (hasClasses && column.role !== 'target'));
  return columnTypes.filter(({ inTable }) => inTable || mayNamePictures).map(typeChoice);
}

const isPicture = (column: Column): boolean => columnTypeOf(column).field === 'picture';

const missingWords: Readonly<Record<Column['missing'], string>> = {
  median: 'median',
  mean: 'mean',
  zero: 'zero',
  'most-frequent': 'most frequent',
  category: 'own category',
  'drop-row': 'drop row',
};

const scalingWords: Readonly<Record<Column['scaling'], string>> = {
  standard: 'standard',
  'min-max': 'min–max',
  unit: '÷ 255',
  none: 'none',
};

function choices<Value extends string>(
  values: readonly Value[],
  words: Readonly<Record<Value, string>>,
): Choice<Value>[] {
  return values.map((value) => ({ value, label: words[value] }));
}

/** Policies for missing values of a column. */
export function missingChoices(column: Column): readonly Choice<Column['missing']>[] {
  const isFeature = column.role !== 'target' && column.role !== 'weight';
  return choices(isFeature ? columnTypeOf(column).missing : ['drop-row'], missingWords);
}

export function scalingChoices(column: Column): readonly Choice<Column['scaling']>[] {
  return choices(column.role === 'weight' ? ['none'] : columnTypeOf(column).scaling, scalingWords);
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
    const { unit, ...changed } = {
      ...column,
      ...patch,
      ...(patch.role === 'weight' ? { type: 'numeric' as const } : {}),
    };
    const rest = withPictureSettings(changed, column);
    return withFittingSettings(unit === undefined || unit === '' ? rest : { ...rest, unit });
  });
}

/** Bytes of new images become 0 to 1; another type has no settings of pictures. */
function withPictureSettings(column: Column, before: Column): Column {
  const { picture, ...rest } = column;
  if (!isPicture(column)) return rest;
  if (!isPicture(before)) return { ...rest, scaling: 'unit' };
  return picture === undefined ? rest : { ...rest, picture };
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
