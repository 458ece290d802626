import { AppError } from '../../../src-shared/errors/app-error.ts';
import type { Column, DatasetDocument } from '../../../src-shared/data/dataset-document.ts';
import type { FeatureSpec } from '../../../src-shared/data/prepared.ts';
import { columnOf, type TableRows } from '../rows/split-source.ts';

/**
 * The document for reading with a recorded spec: numeric columns without a fill drop incomplete rows,
 * as in training, even if the document has changed.
 *
 * @throws AppError `dataset/other-columns` if the document's columns differ from those of the spec.
 */
export function documentForSpec(document: DatasetDocument, spec: FeatureSpec): DatasetDocument {
  const differences = [
    ...columnDifferences('feature', spec.columns, document.columns),
    ...columnDifferences(
      'target',
      spec.targets.map(({ name, kind }) => ({ name, type: kind === 'classes' ? 'categorical' : 'numeric' })),
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
  const dropsRows = new Set(
    spec.columns.filter((column) => column.type === 'numeric' && column.fill === null).map(({ name }) => name),
  );
  return {
    ...document,
    columns: document.columns.map((column) =>
      dropsRows.has(column.name) ? { ...column, missing: 'drop-row' as const } : column,
    ),
  };
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
export function checkImageSize(spec: FeatureSpec, { table }: TableRows): void {
  for (const column of spec.columns) {
    if (column.type !== 'image') continue;
    const source = columnOf(table, column.name);
    if (source.kind === 'image' && source.shape.every((size, axis) => size === column.shape[axis])) continue;
    const received = source.kind === 'image' ? source.shape.join(' × ') : source.kind;
    throw new AppError(
      'dataset/other-images',
      `Column '${column.name}': expected images of ${column.shape.join(' × ')} as in training; received ${received}. Restore the images, or train again.`,
      { column: column.name, expected: column.shape },
    );
  }
}

/** Relative to the scale; smaller differences are lost in float32. */
const SCALING_TOLERANCE = 1e-6;

/**
 * Differences in how two specs encode data.
 *
 * @returns One clause per column or target; empty if both encode equally.
 */
export function specDifferences(before: FeatureSpec, after: FeatureSpec): string[] {
  return [
    ...listDifferences('column', before.columns, after.columns, (a, b) => {
      if (a.type !== b.type) return `is ${b.type}, was ${a.type}`;
      if (a.type === 'categorical' || b.type === 'categorical') {
        return a.type === 'categorical' && b.type === 'categorical'
          ? namesDifference('categories', a.categories, b.categories)
          : null;
      }
      if (a.type === 'image' && b.type === 'image' && a.shape.join() !== b.shape.join()) {
        return `has images of ${b.shape.join(' × ')}, was ${a.shape.join(' × ')}`;
      }
      return scalingDifference(a, b);
    }),
    ...listDifferences('target', before.targets, after.targets, (a, b) => {
      if (a.kind === 'classes' && b.kind === 'classes') return namesDifference('classes', a.classes, b.classes);
      if (a.kind === 'numeric' && b.kind === 'numeric') return scalingDifference(a, b);
      return `is ${b.kind === 'classes' ? 'categorical' : 'numeric'}, was not`;
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

function namesDifference(what: string, before: readonly string[], after: readonly string[]): string | null {
  const shown = (names: readonly string[]): string =>
    names.length <= 8 ? names.join(', ') : `${names.slice(0, 8).join(', ')}, … (${names.length})`;
  if (before.length === after.length && before.every((name, place) => name === after[place])) return null;
  return `has the ${what} ${shown(after)}; had ${shown(before)}`;
}

interface Scaling {
  readonly offset: number;
  readonly scale: number;
}

function scalingDifference(before: Scaling, after: Scaling): string | null {
  const tolerance = SCALING_TOLERANCE * Math.abs(before.scale);
  const same = Math.abs(before.offset - after.offset) <= tolerance && Math.abs(before.scale - after.scale) <= tolerance;
  const shown = ({ offset, scale }: Scaling): string =>
    `(value - ${Number(offset.toPrecision(6))}) / ${Number(scale.toPrecision(6))}`;
  return same ? null : `becomes ${shown(after)}; was ${shown(before)}`;
}
