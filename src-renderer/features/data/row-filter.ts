import { columnTypeOf } from '../../../src-shared/data/columns/registry.ts';
import type { Column, RowFilter } from '../../../src-shared/data/dataset-document.ts';

type Condition = Extract<RowFilter, { kind: 'condition' }>;

export const comparisons: readonly { readonly value: Condition['is']; readonly label: string }[] = [
  { value: '=', label: '=' },
  { value: '!=', label: '≠' },
  { value: '<', label: '<' },
  { value: '<=', label: '≤' },
  { value: '>', label: '>' },
  { value: '>=', label: '≥' },
  { value: 'missing', label: 'is missing' },
  { value: 'present', label: 'has a value' },
];

/** Kinds of steps, in the order of the menu. */
const kinds: readonly { readonly value: RowFilter['kind']; readonly label: string }[] = [
  { value: 'values', label: 'Some classes' },
  { value: 'condition', label: 'Rows where' },
  { value: 'first', label: 'The first rows' },
  { value: 'last', label: 'The last rows' },
  { value: 'sample', label: 'A random sample' },
];

export const stepTitle = ({ kind }: RowFilter): string => kinds.find(({ value }) => value === kind)!.label;

/** Kinds of steps that these columns allow. */
export function stepChoices(columns: readonly Column[]): typeof kinds {
  return kinds.filter(({ value }) => {
    if (value === 'values') return classColumn(columns) !== undefined;
    return value !== 'condition' || comparable(columns).length > 0;
  });
}

const comparedAs = (column: Column) => columnTypeOf(column).comparedAs;

/** Columns whose values a condition can compare. */
export const comparable = (columns: readonly Column[]): Column[] =>
  columns.filter((column) => comparedAs(column) !== null);

/** The target's classes are what a person most likely selects by. */
function classColumn(columns: readonly Column[]): Column | undefined {
  const categorical = columns.filter((column) => columnTypeOf(column).hasClasses);
  return categorical.find(({ role }) => role === 'target') ?? categorical[0];
}

/** A step that keeps all rows of usual data, for the person to change. */
export function newStep(kind: RowFilter['kind'], columns: readonly Column[]): RowFilter {
  switch (kind) {
    case 'values':
      return { kind, column: classColumn(columns)?.name ?? '', keep: 'except', values: [] };
    case 'condition': {
      const column = comparable(columns).find((each) => comparedAs(each) === 'number') ?? comparable(columns)[0];
      return withType({ kind, column: column?.name ?? '', is: 'present' }, columns);
    }
    case 'sample':
      return { kind, rows: 1000, seed: 1 };
    default:
      return { kind, rows: 1000 };
  }
}

/** The condition with a value of its column's type. */
export function withType(step: Condition, columns: readonly Column[]): Condition {
  const column = columns.find(({ name }) => name === step.column);
  if (column !== undefined && comparedAs(column) === 'number')
    return { ...step, value: typeof step.value === 'number' ? step.value : 0 };
  return { ...step, value: typeof step.value === 'string' ? step.value : '' };
}
