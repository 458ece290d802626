import { AppError } from '../../../src-shared/errors/app-error.ts';
import type { Column, DatasetDocument } from '../../../src-shared/data/dataset-document.ts';
import type { FeatureSpec, TargetSpec } from '../../../src-shared/data/prepared.ts';
import { codecs } from '../columns/registry.ts';
import { namesDifference, scalingDifference } from '../columns/scaling.ts';
import { columnOf, type TableRows } from '../tables/table.ts';

/**
 * The document for reading with a recorded spec, as in training even if the document has changed: numeric columns
 * without a fill drop incomplete rows, those with one do not, and picture files become images as recorded.
 *
 * @throws AppError `dataset/other-columns` if the document's columns differ from those of the spec.
 */
export function documentForSpec(document: DatasetDocument, spec: FeatureSpec): DatasetDocument {
  const differences = [
    ...columnDifferences('feature', spec.columns, document.columns),
    ...columnDifferences(
      'target',
      spec.targets.map((target) => ({ name: target.name, type: typeOfTarget(target, document) })),
      document.columns,
    ),
    ...columnDifferences(
      'weight',
      spec.weight === null ? [] : [{ name: spec.weight.name, type: 'numeric' }],
      document.columns,
    ),
  ];
  if (differences.length > 0) {
    throw new AppError(
      'dataset/other-columns',
      `Dataset '${document.name}': expected the columns that the run was trained on; ${differences.join('; ')}. Restore the roles and types of the columns, or start a new run with the weights of that run.`,
      { differences },
    );
  }
  const asFitted = (column: Column): Column => {
    const fitted = spec.columns.find(({ name }) => name === column.name);
    return fitted === undefined ? column : codecs[fitted.type].asFitted(column, fitted);
  };
  return { ...document, columns: document.columns.map(asFitted) };
}

/** A target that was not read may have any type. */
function typeOfTarget(target: TargetSpec, { columns }: DatasetDocument): Column['type'] {
  if (target.kind === 'classes') return 'categorical';
  return (target.unread === true ? columns.find(({ name }) => name === target.name)?.type : undefined) ?? 'numeric';
}

function columnDifferences(
  role: Column['role'],
  recorded: readonly { readonly name: string; readonly type: Column['type'] }[],
  columns: readonly Column[],
): string[] {
  const own = columns.filter((column) => column.role === role);
  const lacking = recorded.flatMap(({ name, type }) => {
    const found = own.find((column) => column.name === name);
    if (found === undefined) return [`'${name}' is not a ${role}`];
    return found.type === type ? [] : [`${role} '${name}' is ${found.type}, was ${type}`];
  });
  const names = new Set(recorded.map(({ name }) => name));
  const added = own.filter(({ name }) => !names.has(name)).map(({ name }) => `${role} '${name}' is new`);
  return [...lacking, ...added];
}

/** @throws AppError `dataset/other-images` if the size of images differs from the spec. */
export function requireFit(spec: FeatureSpec, { table }: TableRows): void {
  for (const column of spec.columns) codecs[column.type].requireFit(column, columnOf(table, column.name));
}

/**
 * Differences in how two specs encode data.
 *
 * @returns One clause per column or target; empty if both encode equally.
 */
export function specDifferences(before: FeatureSpec, after: FeatureSpec): string[] {
  return [
    ...listDifferences('column', before.columns, after.columns, (a, b) => {
      if (a.type !== b.type) return `is ${b.type}, was ${a.type}`;
      return codecs[a.type].difference(a, b);
    }),
    ...listDifferences('target', before.targets, after.targets, (a, b) => {
      if (a.kind === 'classes' && b.kind === 'classes') return namesDifference('classes', a.classes, b.classes);
      if (a.kind === 'numeric' && b.kind === 'numeric') return scalingDifference(a, b);
      return b.kind === 'classes' ? 'is categorical, was numeric' : 'is numeric, was categorical';
    }),
  ];
}

function listDifferences<Item extends { readonly name: string }>(
  what: string,
  before: readonly Item[],
  after: readonly Item[],
  difference: (before: Item, after: Item) => string | null,
): string[] {
  const names = (items: readonly Item[]): string => items.map(({ name }) => `'${name}'`).join(', ');
  if (names(before) !== names(after)) return [`${what}s are ${names(after)}, were ${names(before)}`];
  return before.flatMap((item, place) => {
    const found = difference(item, after[place]!);
    return found === null ? [] : [`${what} '${item.name}' ${found}`];
  });
}
