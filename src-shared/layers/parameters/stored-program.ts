import { z } from 'zod';
import type { JsonValue } from '../../document/schema/model-document.ts';
import type { OpAttributes, OpName } from '../../program/language/types.ts';
import type { ParameterKind } from './parameter-kind.ts';

/** Operations that a document can hold, with weights and named inputs. */
export interface StoredProgramType {
  readonly kind: 'program';
}

/** Operations of a node; with constants and weights this is far above what one part of a model needs. */
const MAX_OPERATIONS = 5000;
const MAX_WEIGHTS = 2000;
const MAX_INPUTS = 16;
/** Values of all constants of a node; larger tensors are weights. */
const MAX_CONSTANT_VALUES = 16_384;
const MAX_RANK = 8;

const size = z
  .number()
  .int()
  .min(1)
  .max(2 ** 31);
const index = z
  .number()
  .int()
  .min(0)
  .max(2 ** 31);
const axis = z
  .number()
  .int()
  .min(0)
  .max(MAX_RANK - 1);
const name = z.string().min(1).max(500);
const pair = z.tuple([size, size]);
const margins = z.tuple([index, index, index, index]);
const axes = z.array(axis).max(MAX_RANK);
const sizes = z.array(size).max(MAX_RANK);
/** With the batch axis, `null`, which can only be the first one. */
const shape = z
  .array(size.nullable())
  .max(MAX_RANK)
  .refine((extents) => extents.every((extent, at) => extent !== null || at === 0));
const convolution = z.strictObject({
  strides: pair,
  padding: z.union([z.enum(['same', 'valid']), margins]),
  dilations: pair,
  groups: size,
});
const pooling = z.strictObject({ poolSize: pair, strides: pair, padding: z.enum(['same', 'valid']) });
const reduction = z.strictObject({ axes: axes.min(1), keepDims: z.boolean() });
const none = z.strictObject({});

const constant = z
  .strictObject({
    dtype: z.enum(['float32', 'int32', 'bool']),
    shape: sizes,
    values: z.array(z.number()).min(1).max(MAX_CONSTANT_VALUES),
  })
  .refine(({ shape: extents, values }) => {
    return values.length === 1 || values.length === extents.reduce((product, extent) => product * extent, 1);
  });

/**
 * Operations that a document can hold, and their attributes. Each has one output. Random numbers, updates of state and
 * operations that exist for gradients are not among them.
 */
const attributeSchemas = {
  constant,
  negative: none,
  exp: none,
  log: none,
  log1p: none,
  sqrt: none,
  square: none,
  abs: none,
  sign: none,
  floor: none,
  relu: none,
  elu: none,
  selu: none,
  sigmoid: none,
  tanh: none,
  softplus: none,
  erf: none,
  sin: none,
  cos: none,
  logicalNot: none,
  cast: z.strictObject({ dtype: z.enum(['float32', 'int32', 'bool']) }),
  add: none,
  subtract: none,
  multiply: none,
  divide: none,
  power: none,
  maximum: none,
  minimum: none,
  equal: none,
  greater: none,
  greaterEqual: none,
  less: none,
  lessEqual: none,
  logicalAnd: none,
  logicalOr: none,
  select: none,
  matMul: z.strictObject({ transposeA: z.boolean(), transposeB: z.boolean() }),
  reduceSum: reduction,
  reduceMax: reduction,
  reduceMin: reduction,
  reshape: z.strictObject({ shape }),
  transpose: z.strictObject({ permutation: axes }),
  broadcastLike: none,
  slice: z.strictObject({
    starts: z.array(index).max(MAX_RANK),
    sizes: z.array(z.union([size, z.literal(-1)])).max(MAX_RANK),
  }),
  pad: z.strictObject({
    before: z.array(index).max(MAX_RANK),
    after: z.array(index).max(MAX_RANK),
    value: z.number(),
  }),
  concat: z.strictObject({ axis }),
  reverse: z.strictObject({ axis }),
  gather: z.strictObject({ axis }),
  oneHot: z.strictObject({ depth: size }),
  conv2d: convolution,
  conv2dInputGradient: convolution.extend({ inputSize: pair }),
  maxPool2d: pooling,
  averagePool2d: pooling,
  softmax: none,
  logSoftmax: none,
} satisfies { readonly [Name in OpName]?: z.ZodType<OpAttributes[Name]> };

export type StoredOpName = keyof typeof attributeSchemas;

export function isStoredOpName(op: string): op is StoredOpName {
  return Object.hasOwn(attributeSchemas, op);
}

const inputSchema = z.strictObject({ name, shape: sizes });
const weightSchema = z.strictObject({
  name: name.regex(/^[^/]+$/),
  shape: sizes,
  /** False for statistics and other numbers that training leaves as they are. */
  trains: z.boolean(),
  /** Where a training does not start from weights that the model names. */
  initializer: z.enum(['zeros', 'ones', 'glorotUniform']),
});
const operationSchema = z.strictObject({
  op: z.custom<StoredOpName>((op) => typeof op === 'string' && isStoredOpName(op)),
  /** Indices of values: the inputs, then the weights, then the outputs of the operations, in this order. */
  inputs: z.array(index).max(1000),
  /** Absent: it has none. */
  attributes: z.record(z.string(), z.unknown()).optional(),
  /** In the file that it is from, for people. */
  name: name.optional(),
});

const programSchema = z.strictObject({
  inputs: z.array(inputSchema).min(1).max(MAX_INPUTS),
  weights: z.array(weightSchema).max(MAX_WEIGHTS),
  operations: z.array(operationSchema).max(MAX_OPERATIONS),
  /** Index of the value that is the output, and its name in the file. */
  output: z.strictObject({ name, value: index }),
});

/** Shapes of inputs are without the batch axis. */
export type StoredProgram = z.infer<typeof programSchema>;
export type StoredWeight = StoredProgram['weights'][number];
export type StoredOperation = StoredProgram['operations'][number];

type Reading = { readonly program: StoredProgram } | { readonly fault: string };

/** By the value's identity: documents are immutable, and each edit checks all layers. */
const readings = new WeakMap<object, Reading>();

export function readStoredProgram(value: JsonValue | undefined): Reading {
  if (value === null || typeof value !== 'object') return { fault: 'a program of operations' };
  const known = readings.get(value);
  if (known !== undefined) return known;
  const reading = readProgram(value);
  readings.set(value, reading);
  return reading;
}

/** A checked 'program' parameter. */
export function storedProgramOf(value: JsonValue | undefined): StoredProgram {
  const reading = readStoredProgram(value);
  if ('program' in reading) return reading.program;
  throw new Error('Expected a checked program.');
}

function readProgram(value: JsonValue): Reading {
  const { success, data: program, error } = programSchema.safeParse(value);
  if (!success) return { fault: `a program of operations (${pathOf(error)} is not one)` };
  const names = [...program.inputs.map((input) => input.name), ...program.weights.map((weight) => weight.name)];
  if (new Set(names).size < names.length) return { fault: 'a program whose inputs and weights have different names' };
  const first = program.inputs.length + program.weights.length;
  let constants = 0;
  for (const [at, { op, inputs, attributes = {} }] of program.operations.entries()) {
    const known = attributeSchemas[op].safeParse(attributes);
    if (!known.success) return { fault: `a program of operations (${op}, operation ${at + 1}, has other attributes)` };
    if (inputs.some((input) => input >= first + at)) {
      return { fault: `a program whose operations read earlier values (operation ${at + 1} does not)` };
    }
    if (op === 'constant') constants += (attributes['values'] as number[]).length;
  }
  if (constants > MAX_CONSTANT_VALUES)
    return { fault: `a program with at most ${MAX_CONSTANT_VALUES} constant values` };
  if (program.output.value >= first + program.operations.length) {
    return { fault: 'a program whose output is one of its values' };
  }
  return { program };
}

function pathOf({ issues: [issue] }: z.ZodError): string {
  return issue === undefined || issue.path.length === 0 ? 'it' : issue.path.join('.');
}

/** '12 operations'. */
export function countOfOperations({ operations }: StoredProgram): string {
  return operations.length === 1 ? '1 operation' : `${operations.length.toLocaleString('en-US')} operations`;
}

export const program: ParameterKind<StoredProgramType> = {
  fault(_, value) {
    const reading = readStoredProgram(value);
    return 'fault' in reading ? reading.fault : null;
  },
  field: () => ({ input: 'program' }),
  words(_, value) {
    const reading = readStoredProgram(value);
    return 'program' in reading ? countOfOperations(reading.program) : null;
  },
  toKeras: () => null,
  single: true,
};
