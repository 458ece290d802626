import { snakeCase } from '../../document/schema/names.ts';
import type { ModelNode } from '../../document/schema/model-document.ts';
import { lengthOf, type FlowOrder, type Stretch } from './flow-order.ts';

/** A part of the model with a common name. */
export interface NamedStretch extends Stretch {
  readonly name: string;
}

/** 'block_3_expand' → 'block_3', 'expand'; 'conv2_block1_0_bn' → 'conv2', 'block1', '0', 'bn'. */
const UNIT = /[^_./-]*[^_./\-\d][_./-]\d+(?=[_./-]|$)|[^_./-]+/g;

interface Unit {
  readonly text: string;
  /** Range in the name. */
  readonly from: number;
  readonly to: number;
}

/** A run of layers whose names have the same first units. */
interface Run extends Stretch {
  readonly unit: string | null;
  /** Set if runs with this number in their units were joined. */
  readonly number: string | null;
}

/** A stretch whose name is the first `shared` units of its first layer, and the number if it has one. */
interface Found extends Stretch {
  readonly number: string | null;
  readonly shared: number;
}

/**
 * Parts of the model whose layers have the same beginning of their names. Parts with more than `largest` layers are
 * divided by the next unit of the names, and so are all parts whose units differ from theirs in the number only.
 */
export function nameStretches(
  { nodes }: FlowOrder,
  within: readonly Stretch[],
  { least, largest }: { readonly least: number; readonly largest: number },
): NamedStretch[] {
  const units = nodes.map(unitsOf);
  const divided = (part: Stretch, depth: number): Found[] => {
    const runs = joinedByNumber(runsOf(units, part, depth), largest);
    const largeStems = new Set(runs.filter((run) => lengthOf(run) > largest).map(({ unit }) => stemOf(unit)));
    return runs.flatMap((run): Found[] => {
      if (run.unit === null || lengthOf(run) < least) return [];
      const { start, end, number } = run;
      const whole = { start, end, number, shared: number === null ? sharedUnits(units.slice(start, end)) : depth };
      if (number !== null || !largeStems.has(stemOf(run.unit))) return [whole];
      const parts = divided(run, depth + 1);
      return parts.length > 0 || lengthOf(run) > largest ? parts : [whole];
    });
  };
  const found = within.flatMap((part) => divided(part, 0));
  const dropped = needlessUnits(found.map(({ start, shared }) => units[start]!.slice(0, shared)));
  return found.map(({ start, end, number, shared }) => {
    const own = units[start]!;
    const beginning = nodes[start]!.name.slice(own[dropped]?.from ?? 0, own[shared - 1]?.to ?? 0);
    return { start, end, name: number === null ? beginning : `${beginning === '' ? 'block' : beginning}_${number}` };
  });
}

/** Empty for a name that Keras generates: 'conv2d_17'. */
function unitsOf({ kind, name }: ModelNode): Unit[] {
  if (name.replace(/_\d+$/, '') === snakeCase(kind)) return [];
  return [...name.matchAll(UNIT)].map(({ 0: text, index }) => ({ text, from: index, to: index + text.length }));
}

function runsOf(units: readonly (readonly Unit[])[], { start, end }: Stretch, depth: number): Run[] {
  const runs: { start: number; end: number; unit: string | null; number: null }[] = [];
  for (let at = start; at < end; at++) {
    const unit = units[at]![depth]?.text ?? null;
    const last = runs.at(-1);
    if (last !== undefined && unit !== null && last.unit === unit) last.end = at + 1;
    else runs.push({ start: at, end: at + 1, unit, number: null });
  }
  return runs;
}

/** Least number of joined runs. With fewer, equal numbers in neighbouring names do not show a block. */
const LEAST_JOINED = 3;

/** Joins neighbouring runs with the same number, 'dw_3' and 'pw_3', if this occurs for several numbers. */
function joinedByNumber(runs: readonly Run[], largest: number): readonly Run[] {
  const joined: Run[] = [];
  for (const run of runs) {
    const last = joined.at(-1);
    const number = numberOf(run.unit);
    const fits = last !== undefined && number !== null && numberOf(last.unit) === number;
    if (fits && run.end - last.start <= largest) joined[joined.length - 1] = { ...last, end: run.end, number };
    else joined.push(run);
  }
  return joined.filter(({ number }) => number !== null).length < LEAST_JOINED ? runs : joined;
}

const numberOf = (unit: string | null): string | null => /\d+$/.exec(unit ?? '')?.[0] ?? null;

/** 'block12' and 'block_3' → 'block'. */
const stemOf = (unit: string | null): string | null => unit?.replace(/[_./-]?\d+[a-z]?$/, '') ?? null;

/** Number of first units that can be left out of all names; each keeps at least one. */
function needlessUnits(names: readonly (readonly Unit[])[]): number {
  const shortest = names.reduce((least, name) => Math.min(least, name.length), Infinity);
  return names.length < 2 ? 0 : Math.max(0, Math.min(sharedUnits(names), shortest - 1));
}

/** Number of first units that all names share. */
function sharedUnits(names: readonly (readonly Unit[])[]): number {
  const first = names[0] ?? [];
  const at = first.findIndex(({ text }, depth) => names.some((name) => name[depth]?.text !== text));
  return at === -1 ? first.length : at;
}
