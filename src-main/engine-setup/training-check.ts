import { AppError } from '../../src-shared/errors/app-error.ts';
import { ProgramBuilder } from '../../src-shared/program/builder/builder.ts';
import { gradients } from '../../src-shared/program/gradients/autodiff.ts';
import { interpret } from '../../src-shared/program/interpret/interpret.ts';
import { tensorOf, type Tensor } from '../../src-shared/program/interpret/tensor.ts';
import { elementCount } from '../../src-shared/program/language/shape.ts';
import type { Program } from '../../src-shared/program/language/types.ts';
import { deriveKey, uniform } from '../../src-shared/program/random/philox.ts';
import type { Engine, HostTensor, SessionData } from '../engines/interface/engine.ts';
import { relativeDifference } from '../engines/interface/relative-difference.ts';

const STEPS = 3;
const ROWS = 8;
const SIZE = 8;
const CLASSES = 3;
const FILTERS = 4;
const LEARNING_RATE = 0.1;
/** TensorFloat-32 rounds each factor to 10 bits: a product differs by up to 0.001. Wrong numbers differ by more. */
const LARGEST_DIFFERENCE = 0.01;

const weights = [
  { name: 'kernel', shape: [3, 3, 1, FILTERS] },
  { name: 'gamma', shape: [FILTERS] },
  { name: 'beta', shape: [FILTERS] },
  { name: 'dense', shape: [(SIZE / 2) ** 2 * FILTERS, CLASSES] },
  { name: 'bias', shape: [CLASSES] },
] as const;
const velocityOf = (weight: string): string => `${weight}/velocity`;
const slots = [
  { name: 'step', dtype: 'int32', shape: [] },
  ...weights.map(({ name, shape }) => ({ name: velocityOf(name), dtype: 'float32', shape }) as const),
] as const;

/**
 * Trains a small convolutional network for some steps on an engine and in the float64 interpreter.
 *
 * @returns Largest difference of losses, weights and slots, each relative to the largest value of its tensor.
 * @throws AppError 'engine/wrong-result' if the numbers are not those of the interpreter.
 */
export async function checkTraining(engine: Engine): Promise<number> {
  const program = trainingStep();
  const first = firstState();
  const examples = {
    x: hostTensor('float32', [STEPS * ROWS, SIZE, SIZE, 1], randomValues('x', STEPS * ROWS * SIZE * SIZE)),
    y: hostTensor(
      'int32',
      [STEPS * ROWS],
      Array.from({ length: STEPS * ROWS }, (_, row) => row % CLASSES),
    ),
  };
  const expected = trainInterpreted(program, first, examples);
  const found = await trainOn(engine, program, first, examples);
  const differences = [...expected].map(([name, { data }]) => relativeDifference(found.get(name)!.data, data));
  const difference = Math.max(...differences);
  if (difference <= LARGEST_DIFFERENCE) return difference;
  throw new AppError(
    'engine/wrong-result',
    `The ${engine.name} engine trained a small network to other numbers than expected: the relative difference is ` +
      `${difference.toPrecision(2)}; expected at most ${LARGEST_DIFFERENCE}. Install the engine again, or use the other one.`,
    { difference },
  );
}

/** Convolution, batch normalization, pooling, dropout and a dense layer, updated with momentum. */
function trainingStep(): Program {
  const b = new ProgramBuilder();
  const x = b.input('x', 'float32', [null, SIZE, SIZE, 1]);
  const labels = b.input('y', 'int32', [null]);
  const learningRate = b.input('learningRate', 'float32', []);
  const step = b.state('step', 'int32', []);
  const values = weights.map(({ name, shape }) => b.state(name, 'float32', shape));
  const [kernel, gamma, beta, dense, bias] = values as [number, number, number, number, number];
  const convolved = b.conv2d(x, kernel, { strides: [1, 1], padding: 'same', dilations: [1, 1], groups: 1 });
  const normalized = b.op('batchNormalization', [convolved, gamma, beta], { epsilon: 0.001 })[0];
  const pooled = b.maxPool2d(b.plain('relu', normalized), { poolSize: [2, 2], strides: [2, 2], padding: 'valid' });
  const flat = b.reshape(pooled, [null, (SIZE / 2) ** 2 * FILTERS]);
  const random = b.randomUniform(flat, step, deriveKey(1, 'dropout', 'check'));
  const kept = b.multiply(flat, b.cast(b.plain('greaterEqual', random, b.scalar(0.25)), 'float32'));
  const logits = b.add(b.matMul(kept, dense), bias);
  const losses = b.op('sparseSoftmaxCrossEntropy', [logits, labels], {})[0];
  const loss = b.divide(b.reduceSum(losses, [0]), b.dimSize(x, 0));
  gradients(b, loss, values).forEach((gradient, index) => {
    const { name, shape } = weights[index]!;
    const velocity = b.state(velocityOf(name), 'float32', shape);
    const inputs = [values[index]!, velocity, learningRate, b.scalar(0.9), gradient!];
    const [updated, newVelocity] = b.op('applyMomentum', inputs, { nesterov: true });
    b.update(name, updated!);
    b.update(velocityOf(name), newVelocity!);
  });
  b.update('step', b.add(step, b.constant('int32', [], [1])));
  b.output('loss', loss);
  return b.build();
}

function firstState(): Map<string, HostTensor> {
  const state = new Map<string, HostTensor>();
  for (const { name, shape } of weights)
    state.set(name, hostTensor('float32', shape, randomValues(name, elementCount(shape))));
  for (const { name, dtype, shape } of slots)
    state.set(name, hostTensor(dtype, shape, new Float32Array(elementCount(shape))));
  return state;
}

/** @returns Final state by name, and `loss` [STEPS]. */
async function trainOn(
  engine: Engine,
  program: Program,
  first: ReadonlyMap<string, HostTensor>,
  { x, y }: Readonly<Record<'x' | 'y', HostTensor>>,
): Promise<Map<string, HostTensor>> {
  const session = await engine.createSession(
    { programs: { train: program }, weights, slots },
    { intraOpThreads: 0, stepsPerCall: [1, STEPS] },
  );
  try {
    const indices = Int32Array.from({ length: STEPS * ROWS }, (_, row) => row);
    const none = new Int32Array(0);
    const data: SessionData = {
      arrays: { x, y } as SessionData['arrays'],
      inputs: { x: { array: 'x', rows: null }, y: { array: 'y', rows: null } },
      splits: { train: indices, validation: none, test: none },
    };
    await session.writeState(first);
    await session.loadData(data);
    const values = { learningRate: new Float32Array(STEPS).fill(LEARNING_RATE) };
    const outputs = await session.run('train', { rows: { split: 'train', indices, steps: STEPS }, values });
    return new Map([...outputs, ...(await session.readState([...first.keys()]))]);
  } finally {
    await session.dispose();
  }
}

/** As `trainOn`. */
function trainInterpreted(
  program: Program,
  first: ReadonlyMap<string, HostTensor>,
  { x, y }: Readonly<Record<'x' | 'y', HostTensor>>,
): Map<string, Tensor> {
  let state: ReadonlyMap<string, Tensor> = new Map([...first].map(([name, tensor]) => [name, interpreted(tensor)]));
  const losses: number[] = [];
  const batchOf = ({ dtype, shape, data }: HostTensor, step: number): Tensor => {
    const length = data.length / STEPS;
    return tensorOf(dtype, shape.with(0, ROWS), data.subarray(step * length, (step + 1) * length));
  };
  for (let step = 0; step < STEPS; step++) {
    const feeds = new Map([...state, ['x', batchOf(x, step)], ['y', batchOf(y, step)]]);
    const result = interpret(program, feeds.set('learningRate', tensorOf('float32', [], [LEARNING_RATE])));
    losses.push(result.outputs.get('loss')!.data[0]!);
    state = result.state;
  }
  return new Map([...state, ['loss', tensorOf('float32', [STEPS], losses)]]);
}

const interpreted = ({ dtype, shape, data }: HostTensor): Tensor => tensorOf(dtype, shape, data);

/** From -1 to 1. */
function randomValues(name: string, count: number): Float32Array {
  return uniform(deriveKey(1, 'initial', name), 0, count).map((value) => 2 * value - 1);
}

function hostTensor(dtype: 'float32' | 'int32', shape: readonly number[], values: ArrayLike<number>): HostTensor {
  if (dtype === 'int32') return { dtype, shape, data: Int32Array.from(values) };
  return { dtype, shape, data: Float32Array.from(values) };
}
