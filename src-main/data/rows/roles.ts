import { AppError } from '../../../src-shared/errors/app-error.ts';
import { columnTypeOf } from '../../../src-shared/data/columns/registry.ts';
import type { Column, DatasetDocument } from '../../../src-shared/data/dataset-document.ts';

/** The columns of a valid document by role. */
export interface Roles {
  readonly features: readonly Column[];
  /** One or more. */
  readonly targets: readonly Column[];
  /** False: rows need no target, and none is read. */
  readonly readsTargets: boolean;
  /** Column of sample weights. */
  readonly weight: Column | null;
}

/**
 * @throws AppError `dataset/no-target`, `dataset/made-target`, `dataset/several-weights`, `dataset/no-feature`,
 *   `dataset/bad-column-type`, `dataset/bad-missing-policy` or
 *   `dataset/duplicate-column`.
 */
export function findRoles(document: DatasetDocument): Roles {
  const features = document.columns.filter((column) => column.role === 'feature');
  const targets = document.columns.filter((column) => column.role === 'target');
  const [weight = null, ...moreWeights] = document.columns.filter((column) => column.role === 'weight');
  const names = document.columns.map((column) => column.name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    throw problem('duplicate-column', `expected unique column names; received '${twice}' twice. Remove one.`, twice);
  }
  if (targets.length === 0) {
    throw problem('no-target', 'expected a target column; none is marked. Mark the column to predict as target.');
  }
  const { made } = document;
  if (made !== undefined && targets.some(({ name }) => name !== made.column)) {
    const received = targets.map(({ name }) => `'${name}'`).join(', ');
    throw problem(
      'made-target',
      `expected '${made.column}', which is made from the rows, as the only target; received ${received}. Choose the data again to have other targets.`,
    );
  }
  const unfit = targets.find((column) => !columnTypeOf(column).canBeTarget);
  if (unfit !== undefined) {
    const text = `expected a numeric or categorical target; received ${columnTypeOf(unfit).oneValue}.`;
    throw problem('bad-column-type', text, unfit.name);
  }
  if (weight !== null && moreWeights.length > 0) {
    const received = [weight, ...moreWeights].map((column) => `'${column.name}'`).join(', ');
    throw problem(
      'several-weights',
      `expected at most one weight column; received ${received}. Mark only one of them.`,
    );
  }
  if (weight !== null && !columnTypeOf(weight).canBeWeight) {
    const text = `expected a numeric weight; received a column of type ${weight.type}. Set its type to numeric, or give it another role.`;
    throw problem('bad-column-type', text, weight.name);
  }
  if (features.length === 0) {
    throw problem('no-feature', 'expected at least one feature column; none is marked. Mark a column as feature.');
  }
  features.forEach(checkMissingPolicy);
  return { features, targets, readsTargets: document.targets !== 'unread', weight };

  function problem(code: string, text: string, column?: string): AppError {
    const place = column === undefined ? '' : `, column '${column}'`;
    return new AppError(`dataset/${code}`, `Dataset '${document.name}'${place}: ${text}`, { column });
  }
}

function checkMissingPolicy(column: Column): void {
  const { acceptsMissing, missing } = columnTypeOf(column);
  if (acceptsMissing(column.missing)) return;
  throw new AppError(
    'dataset/bad-missing-policy',
    `Column '${column.name}': expected a replacement of missing values for the type ${column.type}; received '${column.missing}'. Choose ${listOf(missing)}.`,
    { column: column.name, missing: column.missing },
  );
}

/** 'category, most-frequent or drop-row'. */
function listOf(names: readonly string[]): string {
  return names.length === 1 ? names[0]! : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
}
