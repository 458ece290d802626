import { inferTypes } from '../shapes/infer-types.ts';
import { pruneScan } from './prune-scan.ts';
import { sameShape, sameType } from '../language/shape.ts';
import type { Operation, OpName, Program, TensorType, ValueId } from '../language/types.ts';

const BROADCASTING: ReadonlySet<OpName> = new Set<OpName>([
  'add',
  'subtract',
  'multiply',
  'divide',
  'power',
  'maximum',
  'minimum',
  'equal',
  'greater',
  'greaterEqual',
  'less',
  'lessEqual',
  'select',
]);

/**
 * Returns an equivalent, smaller program: common subexpressions are shared, identities and
 * dead operations (those that reach neither an output nor a state update) are removed.
 * Values are renumbered.
 */
export function simplify(program: Program): Program {
  return removeDead(shareEqual(program));
}

/** Shares common subexpressions and removes identities in one pass. */
function shareEqual(program: Program): Program {
  const replaced = new Map<ValueId, ValueId>();
  const current = (value: ValueId): ValueId => replaced.get(value) ?? value;
  const producers = new Map<ValueId, Operation>();
  const known = new Map<string, Operation>();
  const operations: Operation[] = [];
  for (const original of program.operations) {
    const operation = withInputs(original, original.inputs.map(current));
    const same = identityOf(program.values, producers, operation);
    if (same !== null) {
      replaced.set(operation.outputs[0]!, same);
      continue;
    }
    const reduced = takeScalars(program.values, producers, operation);
    const key = `${reduced.op} ${reduced.inputs.join(',')} ${JSON.stringify(reduced.attributes)}`;
    const earlier = known.get(key);
    if (earlier === undefined) {
      known.set(key, reduced);
      operations.push(reduced);
      for (const output of reduced.outputs) producers.set(output, reduced);
    } else {
      reduced.outputs.forEach((output, index) => replaced.set(output, earlier.outputs[index]!));
    }
  }
  return {
    ...program,
    operations,
    state: program.state.map((entry) =>
      entry.update === undefined ? entry : { ...entry, update: current(entry.update) },
    ),
    outputs: program.outputs.map((entry) => ({ ...entry, value: current(entry.value) })),
  };
}

function withInputs(operation: Operation, inputs: readonly ValueId[]): Operation {
  return { ...operation, inputs } as Operation;
}

/** For an operation that is an identity: the input that its output equals. Otherwise null. */
function identityOf(
  values: readonly TensorType[],
  producers: ReadonlyMap<ValueId, Operation>,
  operation: Operation,
): ValueId | null {
  const { inputs, outputs } = operation;
  const [x, y] = inputs;
  const output = outputs[0];
  if (x === undefined || output === undefined || !sameType(values[x]!, values[output]!)) return null;
  switch (operation.op) {
    case 'stopGradient':
    case 'cast':
    case 'reshape':
    case 'broadcastLike':
      return x;
    case 'reverse': {
      const before = producers.get(x);
      const undoes = before?.op === 'reverse' && before.attributes.axis === operation.attributes.axis;
      return undoes ? before.inputs[0]! : null;
    }
    case 'multiply':
    case 'divide': {
      const factor = producers.get(y!);
      const one = factor?.op === 'constant' && factor.attributes.values.every((value) => value === 1);
      return one ? x : null;
    }
    default:
      return null;
  }
}

/** Replaces inputs broadcast from one element by that element, where the operation itself broadcasts it. */
function takeScalars(
  values: readonly TensorType[],
  producers: ReadonlyMap<ValueId, Operation>,
  operation: Operation,
): Operation {
  if (!BROADCASTING.has(operation.op)) return operation;
  let result = operation;
  operation.inputs.forEach((input, index) => {
    const scalar = scalarBehind(values, producers, input);
    if (scalar === input) return;
    const candidate = withInputs(
      result,
      result.inputs.map((value, i) => (i === index ? scalar : value)),
    );
    const types = candidate.inputs.map((value) => values[value]!);
    const shape = inferTypes(candidate.op, candidate.attributes, types)[0]!.shape;
    if (sameShape(shape, values[operation.outputs[0]!]!.shape)) result = candidate;
  });
  return result;
}

/** The one-element value from which `value` was reshaped and broadcast; else `value`. */
function scalarBehind(
  values: readonly TensorType[],
  producers: ReadonlyMap<ValueId, Operation>,
  value: ValueId,
): ValueId {
  let behind = value;
  for (;;) {
    const producer = producers.get(behind);
    if (producer?.op !== 'broadcastLike' && producer?.op !== 'reshape') break;
    behind = producer.inputs[0]!;
  }
  return values[behind]!.shape.every((size) => size === 1) ? behind : value;
}

/** Removes unread operations and values; renumbers the others from 0. */
function removeDead(program: Program): Program {
  const needed = new Set<ValueId>(program.outputs.map((output) => output.value));
  for (const { value, update } of program.state) {
    if (update !== undefined) needed.add(update).add(value);
  }
  const kept: Operation[] = [];
  for (const original of program.operations.toReversed()) {
    if (!original.outputs.some((output) => needed.has(output))) continue;
    const operation = original.op === 'scan' ? pruneScan(original, (value) => needed.has(value), simplify) : original;
    kept.push(operation);
    for (const input of operation.inputs) needed.add(input);
  }
  const values: TensorType[] = [];
  const numbers = new Map<ValueId, ValueId>();
  const number = (value: ValueId): ValueId => {
    const known = numbers.get(value);
    if (known !== undefined) return known;
    values.push(program.values[value]!);
    numbers.set(value, values.length - 1);
    return values.length - 1;
  };
  const inputs = program.inputs.map((input) => ({ ...input, value: number(input.value) }));
  const state = program.state
    .filter(({ value }) => needed.has(value))
    .map((entry) => ({ ...entry, value: number(entry.value) }));
  const operations = kept
    .reverse()
    .map(
      (operation) =>
        ({ ...operation, inputs: operation.inputs.map(number), outputs: operation.outputs.map(number) }) as Operation,
    );
  return {
    values,
    inputs,
    state: state.map((entry) => (entry.update === undefined ? entry : { ...entry, update: number(entry.update) })),
    operations,
    outputs: program.outputs.map((output) => ({ ...output, value: number(output.value) })),
  };
}
