import { aimOf } from '../../../../src-shared/compiler/graph/aim.ts';
import { columnTypeOf } from '../../../../src-shared/data/columns/registry.ts';
import type { FeatureSpec } from '../../../../src-shared/data/prepared.ts';
import type { JsonValue } from '../../../../src-shared/document/schema/model-document.ts';

export type ColumnsOf = 'features' | 'targets';

/** A column that can be chosen. */
export interface ColumnPick {
  readonly name: string;
  /** What it holds, in a word or two; null where the data set has no such column. */
  readonly what: string | null;
  readonly chosen: boolean;
}

/** Columns to choose from in the data set's order, then names that it does not have. */
export function columnPicks(spec: FeatureSpec, of: ColumnsOf, value: JsonValue): ColumnPick[] {
  const chosen = chosenNames(spec, of, value);
  const known = knownColumns(spec, of);
  const unknown = chosen.filter((name) => !known.some((column) => column.name === name));
  return [
    ...known.map(({ name, what }) => ({ name, what, chosen: chosen.includes(name) })),
    ...unknown.map((name) => ({ name, what: null, chosen: true })),
  ];
}

/** What choosing or leaving out a column makes of the value; undefined is the default. */
export function picked(
  spec: FeatureSpec,
  of: ColumnsOf,
  value: JsonValue,
  name: string,
  on: boolean,
): string[] | undefined {
  const others = chosenNames(spec, of, value).filter((other) => other !== name);
  const chosen = on ? [...others.filter((other) => goTogether(spec, of, other, name)), name] : others;
  const known = knownColumns(spec, of).map((column) => column.name);
  const ordered = [...known.filter((each) => chosen.includes(each)), ...chosen.filter((each) => !known.includes(each))];
  return isDefault(known, of, ordered) ? undefined : ordered;
}

/** Several features enter together; of targets, numbers are predicted together, and those of two classes. */
function goTogether(spec: FeatureSpec, of: ColumnsOf, a: string, b: string): boolean {
  return of === 'features' || aimOf(spec.targets.filter(({ name }) => name === a || name === b)) !== null;
}

/** Names that are meant; an empty value means all features, or the first target. */
export function chosenNames(spec: FeatureSpec, of: ColumnsOf, value: JsonValue): string[] {
  const names = namesIn(value);
  if (names.length > 0) return names;
  return of === 'features' ? spec.columns.map(({ name }) => name) : spec.targets.slice(0, 1).map(({ name }) => name);
}

/** 'age, income' as names, each once. */
export function parseNames(text: string): string[] {
  const names = text.split(',').map((name) => name.trim());
  return [...new Set(names.filter((name) => name !== ''))];
}

export function namesIn(value: JsonValue): string[] {
  return Array.isArray(value) ? value.filter((name): name is string => typeof name === 'string') : [];
}

function isDefault(known: readonly string[], of: ColumnsOf, names: readonly string[]): boolean {
  return of === 'features' ? names.join('\n') === known.join('\n') : known.length === 1 && names.join() === known[0];
}

function knownColumns(spec: FeatureSpec, of: ColumnsOf): { name: string; what: string }[] {
  if (of === 'targets') {
    return spec.targets.map((target) => ({
      name: target.name,
      what: target.kind === 'classes' ? `${target.classes.length} classes` : 'number',
    }));
  }
  return spec.columns.map((column) => ({ name: column.name, what: columnTypeOf(column).inWords(column) }));
}
