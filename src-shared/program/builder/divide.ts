import { multiplyAdds } from './cost.ts';
import { simplify } from './simplify.ts';
import type { Operation, Program, Shape, TensorType, ValueId } from '../language/types.ts';

/** Hash of a text that no other text has. */
export type Hash = (text: string) => string;

/** A name for each value that says how it is computed: equal in all programs that compute it equally. */
function valueNames(program: Program, hash: Hash): string[] {
  const names = new Array<string>(program.values.length).fill('');
  for (const { name, value } of program.inputs) names[value] = hash(`input ${name}`);
  for (const { name, value } of program.state) names[value] = hash(`state ${name}`);
  for (const { op, attributes, inputs, outputs } of program.operations) {
    const read = inputs.map((input) => names[input]).join(',');
    const key = `${op}(${read}) ${exactJson(attributes)}`;
    outputs.forEach((output, index) => (names[output] = hash(`${index} ${key}`)));
  }
  return names;
}

/** JSON in which NaN and infinite numbers differ. */
function exactJson(content: unknown): string {
  return JSON.stringify(content, (_, value: unknown) =>
    typeof value === 'number' && !Number.isFinite(value) ? String(value) : value,
  );
}

/** A program in two parts. */
export interface DividedProgram {
  /** Computes the cached values: one float32 output for each, with the batch axis of the examples. */
  readonly features: Program;
  /** The program with the cached values as inputs, which are named as the outputs of `features`. */
  readonly rest: Program;
}

export interface DivideOptions {
  /** Names of the state that training changes. */
  readonly updated: ReadonlySet<string>;
  /** Inputs whose values are not computed with: targets. */
  readonly targets: ReadonlySet<string>;
  /** Names of cached values begin with it. */
  readonly prefix: string;
  readonly hash: Hash;
  /** Names of the values that may be cached. Absent: all that are worth it. */
  readonly only?: ReadonlySet<string>;
  /** Absent: a random draw ends what is cached. */
  readonly draws?: RandomDraws;
}

/** Operations whose random draws are part of what is cached: `features` reads them by the input `FEATURES_DRAW`. */
export interface RandomDraws {
  /** Their scopes. They compute a row of their results from a row of what they read and from draws. */
  readonly scopes: ReadonlySet<string>;
  /** Name of the state from which they draw. */
  readonly step: string;
}

/** Input of `features`: the number of a draw, int32 []. */
export const FEATURES_DRAW = 'draw';

/**
 * Divides a simplified program: what is the same in each epoch for an example is computed by `features`. Such values
 * depend on the example, frozen state and constants only, not on other examples of the batch, random draws, values per
 * step or state that changes. Values without a matrix product or convolution before them stay in the rest: computing
 * them takes no longer than reading them.
 *
 * @returns Null if there is nothing to cache.
 */
export function divideProgram(program: Program, options: DivideOptions): DividedProgram | null {
  const { prefix, hash, only } = options;
  const found = constancy(program, options);
  const names = valueNames(program, hash);
  const nameOf = (value: ValueId): string => `${prefix}/${names[value]!}`;
  const isWorth = (value: ValueId): boolean => {
    const known = found[value]!;
    return known.kind === 'rows' && known.costs && (only === undefined || only.has(nameOf(value)));
  };
  const read = program.operations.flatMap(({ inputs, outputs }) => {
    // With `only`, a cached value may lie before another one that is not cached.
    return only === undefined && outputs.some(isWorth) ? [] : inputs;
  });
  const results = [
    ...program.outputs.map(({ value }) => value),
    ...program.state.flatMap(({ update }) => update ?? []),
  ];
  const cached = [...new Set([...read, ...results])].filter(isWorth).sort((a, b) => a - b);
  if (cached.length === 0) return null;
  const rest = restOf(program, cached, found, nameOf);
  const needed = new Set(rest.inputs.map(({ name }) => name));
  const kept = cached.filter((value) => needed.has(nameOf(value)));
  return kept.length === 0 ? null : { features: featuresOf(program, kept, found, nameOf, options.draws?.step), rest };
}

/** Layers of a program: the scopes of its operations. */
export function scopesOf({ operations }: Program): string[] {
  return [...new Set(operations.flatMap(({ op, scope }) => (op === 'constant' ? [] : [scope])))];
}

/** Why an operation computes something else in each epoch. */
export type Change = 'random' | 'batch' | 'trained';

/** The first operation, in the program's order, from which on the values of an example change between epochs. */
export interface FirstChange {
  readonly change: Change;
  readonly scope: string;
  /** Scopes of the operations that depend on it, with its own. */
  readonly after: readonly string[];
}

/** The first operation that reads values of examples which are the same in each epoch and computes changing ones. */
export function firstChange(program: Program, options: Constant): FirstChange | null {
  const found = constancy(program, options);
  const isKind = (value: ValueId, kind: Constancy['kind']): boolean => found[value]!.kind === kind;
  const first = program.operations.find(
    ({ inputs, outputs }) =>
      inputs.some((input) => isKind(input, 'rows')) && outputs.some((output) => isKind(output, 'changing')),
  );
  if (first === undefined) return null;
  const dependent = new Set<ValueId>(first.outputs);
  const after = new Set([first.scope]);
  for (const { inputs, outputs, scope } of program.operations) {
    if (!inputs.some((input) => dependent.has(input))) continue;
    for (const output of outputs) dependent.add(output);
    after.add(scope);
  }
  const reads = first.inputs.some((input) => isKind(input, 'changing'));
  const change = first.op === 'randomUniform' ? 'random' : reads ? 'trained' : 'batch';
  return { change, scope: first.scope, after: [...after] };
}

/**
 * What a value depends on. 'constant': frozen state and constants. 'rows': also on examples, each `factor` rows on one
 * example only. `costs`: a product or convolution is needed for it.
 */
type Constancy =
  | { readonly kind: 'constant' }
  | { readonly kind: 'rows'; readonly factor: number; readonly costs: boolean }
  | { readonly kind: 'changing' };

const CONSTANT: Constancy = { kind: 'constant' };
const CHANGING: Constancy = { kind: 'changing' };

type Constant = Pick<DivideOptions, 'updated' | 'targets' | 'draws'>;

function constancy(program: Program, { updated, targets, draws }: Constant): Constancy[] {
  const { values, inputs, state, operations } = program;
  const found = new Array<Constancy>(values.length).fill(CHANGING);
  for (const { name, value } of inputs) {
    if (hasRows(values[value]!) && !targets.has(name)) found[value] = { kind: 'rows', factor: 1, costs: false };
  }
  for (const { name, value } of state) if (!updated.has(name)) found[value] = CONSTANT;
  for (const operation of operations) {
    const reads = operation.inputs.map((input) => found[input]!);
    const isDrawn = draws?.scopes.has(operation.scope) === true;
    const result = isDrawn ? drawnFrom(values, operation, reads) : resultOf(values, operation, reads);
    for (const output of operation.outputs) found[output] = result;
  }
  return found;
}

/**
 * What an operation of `RandomDraws` depends on: the rows of one example, draws and indices of rows. What is drawn counts
 * as costly, so that the rest reads it and draws nothing again.
 */
function drawnFrom(values: readonly TensorType[], operation: Operation, reads: readonly Constancy[]): Constancy {
  const [first, second] = reads;
  // The second input of a draw is the step.
  if (operation.op === 'randomUniform') return first!.kind === 'rows' ? { ...first!, costs: true } : first!;
  if (operation.op === 'rowIndices' && first!.kind === 'rows') return first!;
  const readsRows = operation.op === 'gather' && operation.attributes.axis === 0;
  if (!readsRows || first?.kind !== 'rows' || second?.kind !== 'rows') return resultOf(values, operation, reads);
  return { ...second, costs: first.costs || second.costs };
}

function resultOf(values: readonly TensorType[], operation: Operation, reads: readonly Constancy[]): Constancy {
  if (operation.op === 'randomUniform' || reads.some(({ kind }) => kind === 'changing')) return CHANGING;
  const rows = reads.filter((read) => read.kind === 'rows');
  const [first] = rows;
  if (first === undefined) return CONSTANT;
  if (mixesExamples(values, operation) || rows.some(({ factor }) => factor !== first.factor)) return CHANGING;
  const costs = rows.some((read) => read.costs) || multiplyAdds(values, operation) > 0;
  if (operation.op !== 'reshape') return { kind: 'rows', factor: first.factor, costs };
  const elements = (value: ValueId): number => rowElements(values[value]!.shape);
  const factor = (first.factor * elements(operation.inputs[0]!)) / elements(operation.outputs[0]!);
  return Number.isInteger(factor) ? { kind: 'rows', factor, costs } : CHANGING;
}

const hasRows = ({ shape }: TensorType): boolean => shape[0] === null;
const rowElements = (shape: Shape): number =>
  shape.slice(1).reduce<number>((product, size) => product * (size ?? 1), 1);

/** Whether a row of an output depends on several rows of an input, or on its index in the batch. */
function mixesExamples(values: readonly TensorType[], operation: Operation): boolean {
  const { inputs, outputs } = operation;
  const types = outputs.map((output) => values[output]!);
  if (!types.every(({ shape }) => shape.indexOf(null) === 0 && shape.lastIndexOf(null) === 0)) return true;
  const isRows = (index: number): boolean => hasRows(values[inputs[index]!]!);
  switch (operation.op) {
    case 'concat':
    case 'split':
    case 'reverse':
      return operation.attributes.axis === 0;
    case 'gather':
      return isRows(0) && (operation.attributes.axis === 0 || isRows(1));
    case 'rowIndices':
    case 'gatherGradient':
      return true;
    case 'slice':
      return operation.attributes.starts[0] !== 0 || operation.attributes.sizes[0] !== -1;
    case 'pad':
      return operation.attributes.before[0] !== 0 || operation.attributes.after[0] !== 0;
    case 'transpose':
      return operation.attributes.permutation[0] !== 0;
    case 'softmax':
    case 'logSoftmax':
      return types[0]!.shape.length === 1;
    case 'scan': {
      const { body } = operation.attributes;
      // Values without rows are matrices and constants.
      const [rows, constants] = [true, false].map((wanted) =>
        body.inputs.filter(({ value }) => hasRows(body.values[value]!) === wanted),
      );
      const inside = constancy(
        { ...body, inputs: rows!, state: constants! },
        { updated: new Set(), targets: new Set() },
      );
      return body.outputs.some(({ value }) => inside[value]!.kind === 'changing');
    }
    default:
      return false;
  }
}

const FLOAT = 'float32';

function featuresOf(
  program: Program,
  cached: readonly ValueId[],
  found: readonly Constancy[],
  nameOf: (value: ValueId) => string,
  step?: string,
): Program {
  const values = [...program.values];
  const operations = [...program.operations];
  const outputs = cached.map((value) => {
    return { name: nameOf(value), value: storing(values, operations, value, factorOf(found[value]!)) };
  });
  const isStep = ({ name }: { readonly name: string }): boolean => name === step;
  const state = program.state.filter((entry) => !isStep(entry)).map(({ name, value }) => ({ name, value }));
  const drawn = program.state.filter(isStep).map(({ value }) => ({ name: FEATURES_DRAW, value }));
  return withReadInputs({ ...program, inputs: [...program.inputs, ...drawn], values, operations, outputs, state });
}

const factorOf = (known: Constancy): number => (known.kind === 'rows' ? known.factor : 1);

/** Adds operations that give a value the type in which it is stored. @returns The stored value. */
function storing(values: TensorType[], operations: Operation[], value: ValueId, factor: number): ValueId {
  const { dtype, shape } = values[value]!;
  const scope = operations.find(({ outputs }) => outputs.includes(value))!.scope;
  const stored = storedType(values[value]!, factor);
  let last = value;
  const add = (type: TensorType, operation: (output: ValueId) => Operation): void => {
    operations.push(operation(values.length));
    last = values.length;
    values.push(type);
  };
  const read = (): ValueId[] => [last];
  if (dtype !== FLOAT) {
    const inputs = read();
    add({ dtype: FLOAT, shape }, (output) => {
      return { op: 'cast', attributes: { dtype: FLOAT }, inputs, outputs: [output], scope };
    });
  }
  if (factor !== 1) {
    const inputs = read();
    add(stored, (output) => {
      return { op: 'reshape', attributes: { shape: stored.shape }, inputs, outputs: [output], scope };
    });
  }
  return last;
}

/** float32, with one row for each example. */
function storedType({ shape }: TensorType, factor: number): TensorType {
  return { dtype: FLOAT, shape: factor === 1 ? shape : [null, factor, ...shape.slice(1)] };
}

function restOf(
  program: Program,
  cached: readonly ValueId[],
  found: readonly Constancy[],
  nameOf: (value: ValueId) => string,
): Program {
  const values = [...program.values];
  const inputs = [...program.inputs];
  const restored: Operation[] = [];
  const replaced = new Map<ValueId, ValueId>();
  const newValue = (type: TensorType): ValueId => values.push(type) - 1;
  for (const value of cached) {
    const { dtype, shape } = values[value]!;
    const factor = factorOf(found[value]!);
    const { scope } = program.operations.find(({ outputs }) => outputs.includes(value))!;
    let last = newValue(storedType(values[value]!, factor));
    inputs.push({ name: nameOf(value), value: last });
    if (factor !== 1) {
      const output = newValue({ dtype: FLOAT, shape });
      restored.push({ op: 'reshape', attributes: { shape }, inputs: [last], outputs: [output], scope });
      last = output;
    }
    if (dtype !== FLOAT) {
      const output = newValue({ dtype, shape });
      restored.push({ op: 'cast', attributes: { dtype }, inputs: [last], outputs: [output], scope });
      last = output;
    }
    replaced.set(value, last);
  }
  const current = (value: ValueId): ValueId => replaced.get(value) ?? value;
  const operations = program.operations.map((operation) => {
    return { ...operation, inputs: operation.inputs.map(current) } as Operation;
  });
  return withReadInputs({
    values,
    inputs,
    operations: [...restored, ...operations],
    state: program.state.map((entry) =>
      entry.update === undefined ? entry : { ...entry, update: current(entry.update) },
    ),
    outputs: program.outputs.map((entry) => ({ ...entry, value: current(entry.value) })),
  });
}

/** Simplifies a program, and removes inputs that nothing reads. */
function withReadInputs(program: Program): Program {
  const simple = simplify(program);
  const read = new Set([
    ...simple.operations.flatMap(({ inputs }) => inputs),
    ...simple.outputs.map(({ value }) => value),
  ]);
  return simplify({ ...simple, inputs: simple.inputs.filter(({ value }) => read.has(value)) });
}
