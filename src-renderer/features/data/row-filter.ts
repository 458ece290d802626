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

const titles: Readonly<Record<RowFilter['kind'], string>> = {
  values: 'Some classes',
  condition: 'Rows where',
  first: 'The first',
  last: 'The last',
  sample: 'A random sample',
};

export const stepTitle = ({ kind }: RowFilter): string => titles[kind];

/** Steps that these columns allow. */
export function stepChoices(columns: readonly Column[]): { value: RowFilter['kind']; label: string }[] {
  const kinds: RowFilter['kind'][] = [
    ...(classColumn(columns) === undefined ? [] : (['values'] as const)),
    ...(columns.some(({ type }) => type !== 'image') ? (['condition'] as const) : []),
    'first',
    'last',
    'sample',
  ];
  const labels: Readonly<Record<RowFilter['kind'], string>> = {
    values: 'Some classes …',
    condition: 'Rows where …',
    first: 'The first rows',
    last: 'The last rows',
    sample: 'A random sample',
  };
  return kinds.map((value) => ({ value, label: labels[value] }));
}

/** The target's classes are what a person most likely selects by. */
function classColumn(columns: readonly Column[]): Column | undefined {
  const categorical = columns.filter(({ type }) => type === 'categorical');
  return categorical.find(({ role }) => role === 'target') ?? categorical[0];
}

/** A step that keeps all rows of usual data, for the person to change. */
export function newStep(kind: RowFilter['kind'], columns: readonly Column[]): RowFilter {
  switch (kind) {
    case 'values':
      return { kind, column: classColumn(columns)?.name ?? '', keep: 'except', values: [] };
    case 'condition': {
      const column = columns.find(({ type }) => type === 'numeric') ?? columns.find(({ type }) => type !== 'image');
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
  const numeric = columns.find(({ name }) => name === step.column)?.type === 'numeric';
  if (numeric) return { ...step, value: typeof step.value === 'number' ? step.value : 0 };
  return { ...step, value: typeof step.value === 'string' ? step.value : '' };
}
