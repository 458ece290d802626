import { sameJson } from '../text/same-json.ts';
import { withFittingSettings, withUsualSettings } from './column-choices.ts';
import { columnTypeOf } from './columns/registry.ts';
import type { Column, DatasetDocument, DataSource, Guess, RowFilter, Split } from './dataset-document.ts';
import { guessOfGenerated } from './generated-columns.ts';
import { pairsOf, withoutPairs, withPairs } from './pairs.ts';

/** A document after other data was chosen, and which settings changed. */
export interface AdoptedSource {
  readonly document: DatasetDocument;
  /** Columns whose settings all stay. */
  readonly kept: readonly string[];
  /** Columns with a guessed setting: new columns, and columns whose setting was not chosen or does not fit. */
  readonly guessed: readonly string[];
  /** Columns that the new data lacks. */
  readonly dropped: readonly string[];
  /** Number of steps of the row filter that do not fit the new columns. */
  readonly droppedSteps: number;
  /** The targets, if they changed; null: they did not. */
  readonly otherTargets: readonly string[] | null;
  /** Whether the fractions of the splits are guessed again. */
  readonly otherSplit: boolean;
}

/**
 * Takes other data into a document. What a person chose stays where a column of that name exists, whatever kind of source
 * it comes from; what was guessed is guessed again. A target that exists stays the target, because it is the task of the
 * model; the settings of picture files stay, because the model has their size. The name follows the data.
 *
 * @param current If it has no record of guesses, all its settings count as chosen.
 * @param detected The new data, all guessed.
 */
export function adoptSource(current: DatasetDocument, detected: DatasetDocument): AdoptedSource {
  const before = guessOf(current);
  const pairs = pairsOf(current);
  const found = pairs === null ? detected : withPairs(detected, pairs);
  const now = guessOf(found) ?? { columns: found.columns, numbers: [], split: found.split };
  const columns = adoptColumns(current.columns, before, now, found.source.kind === 'csv');
  const known = new Set(columns.map(({ name }) => name));
  const dropped = current.columns.flatMap(({ name }) => (known.has(name) ? [] : [name]));
  const isForeign = before === null && dropped.length === current.columns.length;
  const split = isForeign ? found.split : adoptSplit(current.split, before?.split ?? null, now.split, columns);
  const filter = (current.filter ?? []).filter((step) => isApplicable(step, columns));
  const { wanted: _, filter: __, guess: ___, ...rest } = current;
  const document: DatasetDocument = {
    ...rest,
    name: detected.name,
    // The description of the wanted files still applies if the new ones have all columns.
    ...(current.wanted === undefined || dropped.length > 0 ? {} : { wanted: current.wanted }),
    source: found.source,
    columns,
    ...(filter.length === 0 ? {} : { filter }),
    split,
    ...(detected.guess === undefined ? {} : { guess: detected.guess }),
  };
  const old = new Map(current.columns.map((column) => [column.name, column]));
  const isKept = (column: Column): boolean => sameJson(old.get(column.name), column);
  return {
    document,
    kept: columns.flatMap((column) => (isKept(column) ? [column.name] : [])),
    guessed: columns.flatMap((column) => (isKept(column) ? [] : [column.name])),
    dropped,
    droppedSteps: (current.filter ?? []).length - filter.length,
    otherTargets: sameJson(targetsIn(current.columns), targetsIn(columns)) ? null : targetsIn(columns),
    otherSplit: !sameJson(fractionsOf(current.split), fractionsOf(split)),
  };
}

/** The document's source with those of its options that a person chose: what stays when other data comes in its place. */
export function chosenSource({ source, guess }: DatasetDocument): DataSource {
  if (source.kind !== 'csv') return source;
  const chosen = Object.entries(source).filter(([key, value]) => {
    const guessed = (guess?.dialect as Record<string, unknown> | undefined)?.[key];
    return guessed === undefined || !sameJson(guessed, value);
  });
  return { ...Object.fromEntries(chosen), kind: 'csv', path: source.path };
}

/** What was guessed of a document's source; null: not known. In a document without columns nothing was chosen. */
function guessOf(document: DatasetDocument): Guess | null {
  const { source, columns, split, guess } = document;
  const pairs = pairsOf(document);
  if (guess !== undefined && pairs !== null) {
    const single = withoutPairs(document);
    return { ...guess, columns: withPairs({ ...single, columns: guess.columns }, pairs).columns };
  }
  if (guess !== undefined) return guess;
  if (source.kind === 'generated') return guessOfGenerated(source);
  return columns.length === 0 ? { columns, numbers: [], split } : null;
}

/** @param isTable The columns are those of a table. */
function adoptColumns(columns: readonly Column[], before: Guess | null, now: Guess, isTable: boolean): Column[] {
  const guesses = byName(now.columns);
  const earlier = byName(before?.columns ?? []);
  const adopt = (column: Column, becomesTarget = false): Column => {
    const guess = guesses.get(column.name)!;
    const { name, type } = column;
    const fits =
      type === guess.type ||
      columnTypeOf(column).canReplace(guess.type, { numbers: now.numbers.includes(name), cells: isTable });
    return adoptColumn(column, earlier.get(name) ?? null, guess, fits, becomesTarget);
  };
  const existing = columns.filter(({ name }) => guesses.has(name));
  const known = new Set(existing.map(({ name }) => name));
  const added = now.columns.filter(({ name }) => !known.has(name));
  if (existing.some(({ role }) => role === 'target')) {
    return [...existing.map((column) => adopt(column)), ...added.map((guess) => asFeature(guess))];
  }
  return [...existing.map((column) => adopt(column, isTarget(guesses.get(column.name)!))), ...added];
}

/**
 * @param earlier What was guessed of the column before; null: all its settings are chosen.
 * @param fits Whether the column's type suits the new values.
 * @param becomesTarget The column is the guessed target, and the document has no other target. A weight stays a weight.
 */
function adoptColumn(
  column: Column,
  earlier: Column | null,
  guess: Column,
  fits: boolean,
  becomesTarget: boolean,
): Column {
  const isTask = column.role === 'target' || column.role === 'weight';
  const isChosen = (key: 'role' | 'type'): boolean => earlier === null || column[key] !== earlier[key];
  const type = fits && (isTask || isChosen('type')) ? column.type : guess.type;
  const role = roleOf({ ...column, type }, guess, isTask || isChosen('role'), becomesTarget);
  const merged: Column = {
    name: column.name,
    type,
    role,
    missing: column.missing,
    scaling: column.scaling,
    ...pictureOf(column, guess, type),
    ...(column.unit === undefined || !fits ? {} : { unit: column.unit }),
  };
  const before = earlier === null ? null : usualFor(column, earlier);
  const usual = usualFor(merged, guess);
  const adopted = {
    ...merged,
    ...(fits && column.missing !== before?.missing ? {} : { missing: usual.missing }),
    ...(fits && column.scaling !== before?.scaling ? {} : { scaling: usual.scaling }),
  };
  return type === column.type && role === column.role ? adopted : withFittingSettings(adopted);
}

/** Settings of picture files; images that come from no picture files have none. */
function pictureOf(column: Column, guess: Column, type: Column['type']): Pick<Column, 'picture'> {
  const named = guess.type === type ? guess.picture : column.picture;
  return named === undefined ? {} : { picture: column.picture ?? named };
}

/** The column with the default policies for missing values and scaling. */
function usualFor(column: Column, guess: Column): Column {
  const isAsGuessed = column.type === guess.type && column.role !== 'weight' && isTarget(column) === isTarget(guess);
  return isAsGuessed ? guess : withUsualSettings(column);
}

function roleOf({ role, type }: Column, guess: Column, isChosen: boolean, becomesTarget: boolean): Column['role'] {
  if (role === 'weight' && columnTypeOf({ type }).canBeWeight) return role;
  if (becomesTarget) return 'target';
  if (role === 'weight') return 'ignored';
  return isChosen ? role : asFeature(guess).role;
}

const isTarget = ({ role }: Column): boolean => role === 'target';

/** The guess, with the role 'feature' instead of 'target'. */
function asFeature(guess: Column): Column {
  return isTarget(guess) ? withUsualSettings({ ...guess, role: 'feature' }) : guess;
}

/** @param before Null: all settings are chosen. */
function adoptSplit(split: Split, before: Split | null, guess: Split, columns: readonly Column[]): Split {
  if (before === null) return split;
  const fractions = sameJson(fractionsOf(split), fractionsOf(before)) ? fractionsOf(guess) : fractionsOf(split);
  const hasClasses = columns.some((column) => isTarget(column) && columnTypeOf(column).hasClasses);
  const stratify = split.stratify === before.stratify ? hasClasses : split.stratify;
  return { ...fractions, seed: split.seed, stratify };
}

const fractionsOf = ({ train, validation, test }: Split): Omit<Split, 'seed' | 'stratify'> => ({
  train,
  validation,
  test,
});

/** Whether a filter step can be applied to its column. */
function isApplicable(step: RowFilter, columns: readonly Column[]): boolean {
  if (!('column' in step)) return true;
  const column = columns.find(({ name }) => name === step.column);
  if (column === undefined) return false;
  const { hasClasses, comparedAs } = columnTypeOf(column);
  return step.kind === 'values' ? hasClasses : comparedAs !== null;
}

const byName = (columns: readonly Column[]): Map<string, Column> =>
  new Map(columns.map((column) => [column.name, column]));

const targetsIn = (columns: readonly Column[]): string[] => columns.filter(isTarget).map(({ name }) => name);

/** Names in one sentence. */
const NAMED = 6;

/** Sentences for a person. */
export function adoptedWords(adopted: AdoptedSource): string[] {
  const { kept, guessed, otherSplit } = adopted;
  return [
    ...(kept.length === 0 ? [] : [`Settings are kept: ${listed(kept)}.`]),
    ...(guessed.length === 0 ? [] : [`Settings are guessed: ${listed(guessed)}.`]),
    ...lostWords(adopted),
    ...(otherSplit ? ['The split is guessed again.'] : []),
  ];
}

/** Sentences about what could not stay. */
export function lostWords({ dropped, droppedSteps, otherTargets }: AdoptedSource): string[] {
  return [
    ...(dropped.length === 0 ? [] : [`Columns missing in the data: ${listed(dropped)}.`]),
    ...(droppedSteps === 0 ? [] : [`Steps of the row filter that do not fit are removed: ${droppedSteps}.`]),
    ...(otherTargets === null
      ? []
      : [`The target is now ${otherTargets.length === 0 ? 'none' : listed(otherTargets)}.`]),
  ];
}

function listed(names: readonly string[]): string {
  const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : '';
  return `${names.slice(0, NAMED).join(', ')}${more}`;
}
