import { portsNamed } from '../../../document/schema/ports.ts';
import type { ProgramBuilder } from '../../../program/builder/builder.ts';
import { elementCount, sameShape, ShapeError, showShape } from '../../../program/language/shape.ts';
import type { OpAttributes, Shape, ValueId } from '../../../program/language/types.ts';
import type { LayerContext, LayerDefinition } from '../../definition/layer.ts';
import { countOfOperations, readStoredProgram, storedProgramOf } from '../../parameters/stored-program.ts';
import type { StoredOperation, StoredProgram } from '../../parameters/stored-program.ts';

/** Values of one tensor without a batch axis, as for an example: 1 GiB of float32. */
const MAX_SIZE = 2 ** 28;

/** Returns its input. */
const IDENTITY = { inputs: [{ name: 'x', shape: [1] }], weights: [], operations: [], output: { name: 'x', value: 0 } };

const ANY_INPUTS = { min: 1, max: 16 };

/** A part of an imported model that is not a layer. */
export const operations: LayerDefinition = {
  kind: 'Operations',
  family: 'operations',
  description: 'Operations of an imported model that are not a layer here, with their weights.',
  formula: '',
  inputs: {
    ...ANY_INPUTS,
    of: ({ program }) => {
      const reading = readStoredProgram(program);
      if ('fault' in reading) return ANY_INPUTS;
      const ports = portsNamed(...reading.program.inputs.map(({ name }) => name));
      return { min: ports.length, max: ports.length, ...(ports.length > 1 ? { ports } : {}) };
    },
  },
  parameters: [
    {
      name: 'program',
      label: 'Operations',
      help: 'What it computes, in the order of the file.',
      default: IDENTITY,
      type: { kind: 'program' },
      keras: 'none',
    },
  ],
  traits: {
    signature: ({ program }) => {
      const reading = readStoredProgram(program);
      return 'program' in reading ? reading.program.operations.map(({ op }) => op).join(' ') : '';
    },
  },
  keras: { missing: true, write: () => ({ params: {} }) },
  summarize: ({ program }) => {
    const reading = readStoredProgram(program);
    return 'program' in reading ? countOfOperations(reading.program) : '';
  },
  check: ({ program }, shapes) => {
    for (const [index, { name, shape }] of storedProgramOf(program).inputs.entries()) {
      const received = shapes[index]!;
      if (sameShape(received, [null, ...shape])) continue;
      const input = shapes.length === 1 ? 'an input' : `the input '${name}'`;
      return `needs ${input} of ${showShape([null, ...shape])}; received ${showShape(received)}. Connect a layer with this output shape, or open the file again.`;
    }
    return null;
  },
  emit: (context) => {
    const { builder, params } = context;
    const program = storedProgramOf(params['program']);
    const weights = program.weights.map(({ name, shape, trains, initializer }) =>
      context.weight({ name, shape, initializer, trainable: trains }),
    );
    return emitStored(builder, program, [...context.inputs, ...weights]);
  },
};

/** @param given Inputs and weights, in the program's order. @throws ShapeError. */
function emitStored(
  builder: ProgramBuilder,
  { operations: stored, output }: StoredProgram,
  given: LayerContext['inputs'],
): ValueId {
  const values = [...given];
  const rows = new RowCounts(builder);
  for (const operation of stored) {
    const inputs = operation.inputs.map((input) => values[input]!);
    const value = emitOperation(builder, operation, inputs);
    requireSize(builder.shapeOf(value));
    rows.add(value, inputs);
    values.push(value);
  }
  const value = values[output.value]!;
  const { dtype, shape } = builder.typeOf(value);
  if (dtype === 'float32' && shape[0] === null && rows.of(value) === 1) return value;
  throw new ShapeError(`Expected numbers for each example; received ${dtype} ${showShape(shape)}.`);
}

function emitOperation(
  builder: ProgramBuilder,
  { op, attributes = {} }: StoredOperation,
  inputs: readonly ValueId[],
): ValueId {
  // The schema has checked the attributes of each operation.
  return builder.op(op, inputs, attributes as unknown as OpAttributes[typeof op])[0];
}

function requireSize(shape: Shape): void {
  if (elementCount(shape) <= MAX_SIZE) return;
  throw new ShapeError(`Expected at most ${MAX_SIZE} values; received ${showShape(shape)}.`);
}

/** How many rows of the batch axis each value has for an example: a reshape to [null, 5] can make 4 of [null, 4, 5]. */
export class RowCounts {
  readonly #builder: Pick<ProgramBuilder, 'shapeOf' | 'producerOf'>;
  /** Values without an entry have one row, or no batch axis. */
  readonly #counts = new Map<ValueId, number>();

  constructor(builder: Pick<ProgramBuilder, 'shapeOf' | 'producerOf'>) {
    this.#builder = builder;
  }

  of(value: ValueId): number {
    return this.#counts.get(value) ?? 1;
  }

  /** @throws ShapeError if the inputs have different numbers of rows. */
  add(value: ValueId, inputs: readonly ValueId[]): void {
    const shapeOf = (of: ValueId): Shape => this.#builder.shapeOf(of);
    const counts = new Set(inputs.filter((input) => shapeOf(input).includes(null)).map((input) => this.of(input)));
    const [count = 1, ...others] = counts;
    if (others.length > 0) throw new ShapeError('Expected inputs with the same number of rows for each example.');
    const shape = shapeOf(value);
    if (!shape.includes(null)) return;
    const isReshape = this.#builder.producerOf(value)?.op === 'reshape';
    const rows = isReshape ? (count * elementCount(shapeOf(inputs[0]!))) / elementCount(shape) : count;
    if (rows !== 1) this.#counts.set(value, rows);
  }
}
