import { AppError } from '../../src-shared/errors/app-error.ts';
import { ProgramBuilder } from '../../src-shared/program/builder/builder.ts';
import type { EngineName } from '../../src-shared/training/run/run.ts';
import type { Engine, HostTensor, SessionModel } from '../engines/interface/engine.ts';
import { predict } from '../engines/interface/model-calls.ts';
import { loadOnnxEngine } from '../engines/onnx/engine.ts';
import { loadTensorFlowEngine } from '../engines/tensorflow/engine.ts';
import { findTensorFlow } from './cache.ts';
import type { Measurement } from './calls.ts';
import { checkTraining } from './training-check.ts';

const size = 512;
const products = 8;
const operationsPerCall = products * 2 * size ** 3;
const enoughMs = 200;

/**
 * Loads an engine into this process, times matrix products with it and checks a training of a small network.
 *
 * @throws AppError 'engine/not-installed', 'engine/load-failed' or 'engine/wrong-result'.
 */
export async function measure(name: EngineName): Promise<Measurement> {
  const engine = await load(name);
  const session = await engine.createSession(productModel(), { intraOpThreads: 0, stepsPerCall: [1] });
  try {
    // A row of ones times a matrix of 1/size is a row of ones.
    await session.writeState(new Map([['w', filled(1 / size)]]));
    const x = filled(1);
    const [first] = await predict(session, { x });
    const values = first?.data ?? new Float32Array();
    const wrong = values.find((value) => Math.abs(value - 1) > 1e-4);
    if (values.length !== size * size || wrong !== undefined) {
      throw new AppError(
        'engine/wrong-result',
        `The ${name} engine computed a wrong matrix product: expected 1; received ${wrong ?? `${values.length} values`}. Install it again.`,
      );
    }
    const startedAt = performance.now();
    let calls = 0;
    while (performance.now() - startedAt < enoughMs) {
      await predict(session, { x });
      calls++;
    }
    const seconds = (performance.now() - startedAt) / 1000;
    const gflops = (calls * operationsPerCall) / seconds / 1e9;
    return { version: engine.version, device: engine.device, gflops, difference: await checkTraining(engine) };
  } finally {
    await session.dispose();
  }
}

async function load(name: EngineName): Promise<Engine> {
  if (name === 'onnx') return loadOnnxEngine();
  const found = findTensorFlow();
  if (found) return loadTensorFlowEngine(found.folder);
  throw new AppError('engine/not-installed', 'The TensorFlow engine is not installed.');
}

function filled(value: number): HostTensor {
  return { dtype: 'float32', shape: [size, size], data: new Float32Array(size * size).fill(value) };
}

/** A program of matrix products of x [N, size] with a weight [size, size]. */
function productModel(): SessionModel {
  const builder = new ProgramBuilder();
  const weight = builder.state('w', 'float32', [size, size]);
  let value = builder.input('x', 'float32', [null, size]);
  for (let index = 0; index < products; index++) value = builder.matMul(value, weight);
  builder.output('prediction', value);
  return { programs: { predict: builder.build() }, weights: [{ name: 'w', shape: [size, size] }], slots: [] };
}
