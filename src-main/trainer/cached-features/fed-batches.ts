import type { Program } from '../../../src-shared/program/language/types.ts';
import type { SplitName } from '../../../src-shared/data/dataset-document.ts';
import { elementCount } from '../../../src-shared/program/language/shape.ts';
import { batchRows } from '../../engines/interface/check-tensor.ts';
import type { EngineSession, HostTensor, SessionData } from '../../engines/interface/engine.ts';
import { evaluateExamples, trainStep } from '../../engines/interface/model-calls.ts';
import type { TrainRequest } from '../../engines/interface/model-calls.ts';
import { exampleInputs } from '../../engines/interface/program-inputs.ts';
import { ResidentArray } from '../../engines/interface/resident-array.ts';
import type { FeatureType, FeatureValues } from './feature-values.ts';

/** A program of a session with cached values as inputs that are not in the session's memory. */
export interface FedProgram {
  readonly name: string;
  readonly program: Program;
  readonly split: SplitName;
  readonly types: readonly FeatureType[];
  readonly values: FeatureValues;
  /** Row of the values that belongs to the first example of the split. */
  readonly firstRow: number;
}

/**
 * Runs programs on batches that are put together in host memory: cached values are read, other inputs are gathered from
 * the data as a session gathers them, so the results have the same bits.
 */
export class FedBatches {
  readonly #data: SessionData;
  readonly #arrays = new Map<string, ResidentArray>();

  constructor(data: SessionData) {
    this.#data = data;
  }

  /** See `trainSteps`. A batch is read while the step before it is computed. */
  async train(session: EngineSession, fed: FedProgram, request: TrainRequest): Promise<Float32Array> {
    const { indices, steps, learningRates, momenta } = request;
    const size = indices.length / steps;
    const batch = (step: number): Promise<Record<string, HostTensor>> => {
      const reading = this.#batch(fed, indices.subarray(step * size, (step + 1) * size));
      // Its error is that of the step that waits for it; another step may fail before.
      reading.catch(() => {});
      return reading;
    };
    const reports: Float32Array[] = [];
    let next = batch(0);
    for (let step = 0; step < steps; step++) {
      const examples = await next;
      if (step + 1 < steps) next = batch(step + 1);
      const momentum = momenta?.subarray(step, step + 1);
      reports.push(await trainStep(session, examples, learningRates.subarray(step, step + 1), momentum));
    }
    const length = reports[0]!.length;
    const all = new Float32Array(steps * length);
    reports.forEach((report, step) => all.set(report, step * length));
    return all;
  }

  /** See `evaluate`. */
  async evaluate(session: EngineSession, fed: FedProgram, indices: Int32Array, draw: number): Promise<Float32Array> {
    return evaluateExamples(session, fed.name, await this.#batch(fed, indices), draw);
  }

  async #batch(
    { program, split, types, values, firstRow }: FedProgram,
    indices: Int32Array,
  ): Promise<Record<string, HostTensor>> {
    const cached = new Set(types.map(({ name }) => name));
    const examples: Record<string, HostTensor> = {};
    const stored = indices.map((index) => firstRow + index);
    for (const type of types) examples[type.name] = await values.read(type, stored);
    const others = exampleInputs(program).filter((name) => !cached.has(name));
    for (const [input, rows] of batchRows(this.#data, split, indices, others)) {
      examples[input] = this.#gathered(this.#data.inputs[input]!.array, rows);
    }
    return examples;
  }

  #gathered(name: string, rows: Int32Array): HostTensor {
    const source = this.#data.arrays[name]!;
    const array = this.#arrays.get(name) ?? new ResidentArray(source);
    this.#arrays.set(name, array);
    const shape = [rows.length, ...array.rowShape()];
    if (source.dtype === 'int32') {
      const data = new Int32Array(elementCount(shape));
      array.gather(rows, data);
      return { dtype: 'int32', shape, data };
    }
    const data = new Float32Array(elementCount(shape));
    array.gather(rows, data);
    return { dtype: 'float32', shape, data };
  }
}
