import type { EngineName } from '../../../src-shared/training/run/run.ts';
import type { CompiledModel } from '../../../src-shared/compiler/graph/compiled.ts';
import type { SplitName } from '../../../src-shared/data/dataset-document.ts';

/** A tensor in host memory, row-major. Bool as bytes 0 and 1. */
export type HostTensor =
  | { readonly dtype: 'float32'; readonly shape: readonly number[]; readonly data: Float32Array }
  | { readonly dtype: 'int32'; readonly shape: readonly number[]; readonly data: Int32Array }
  | { readonly dtype: 'bool'; readonly shape: readonly number[]; readonly data: Uint8Array };

/**
 * All examples of one split, axis 0 the example. Bytes are kept as bytes in native memory
 * and become float32 (value - offset) / scale when a batch is gathered.
 */
export type SplitTensor =
  | { readonly dtype: 'float32'; readonly shape: readonly number[]; readonly data: Float32Array }
  | { readonly dtype: 'int32'; readonly shape: readonly number[]; readonly data: Int32Array }
  | {
      readonly dtype: 'uint8';
      readonly shape: readonly number[];
      readonly data: Uint8Array;
      readonly offset: number;
      readonly scale: number;
    };

export interface SplitTensors {
  readonly x: SplitTensor;
  readonly y: SplitTensor;
}

/** How a session runs; chosen by measuring, recorded with the run. */
export interface SessionOptions {
  /** 0: the engine's default. */
  readonly intraOpThreads: number;
  /** Steps-per-call values that `trainSteps` will be called with, ascending, starting with 1. */
  readonly stepsPerCall: readonly number[];
}

export interface TrainRequest {
  readonly split: SplitName;
  /** Rows of the split, `steps` batches of `batchSize` one after the other. */
  readonly indices: Int32Array;
  readonly steps: number;
  readonly batchSize: number;
  /** One per step. */
  readonly learningRates: Float32Array;
  /** One per step; where the train program takes `momentum`, and only there. */
  readonly momenta?: Float32Array;
}

/** An engine finds its native library when asked, so listing engines costs nothing. */
export interface Engine {
  readonly name: EngineName;
  /** Library version, e.g. '2.21.0'. */
  readonly version: string;
  readonly device: string;
  /** @throws AppError `engine/…` where the native library refuses the programs. The caller disposes the session. */
  createSession(model: CompiledModel, options: SessionOptions): Promise<EngineSession>;
}

/** Weights, optimizer slots and data of one model in native memory. Calls do not overlap. */
export interface EngineSession {
  /** Weights and slots by state name; every entry must be written before the first step. */
  writeState(values: ReadonlyMap<string, HostTensor>): Promise<void>;
  /** Reads state by name, in the order asked. */
  readState(names: readonly string[]): Promise<Map<string, HostTensor>>;
  /** Puts a split into native memory, replacing what was there. */
  loadSplit(split: SplitName, tensors: SplitTensors): Promise<void>;
  /** @returns float32 [steps, reportLength], row-major: one report per step. */
  trainSteps(request: TrainRequest): Promise<Float32Array>;
  /**
   * Evaluates rows of a split.
   *
   * @param draw Number of the draw that Monte Carlo layers make; 0 where absent.
   * @returns One report, [reportLength].
   */
  evaluate(split: SplitName, indices: Int32Array, draw?: number): Promise<Float32Array>;
  /** @param x Features already prepared, [N, …]. @param draw As for `evaluate`. @returns float32 [N, …], one tensor for each Output of the model. */
  predict(x: HostTensor, draw?: number): Promise<readonly HostTensor[]>;
  /** Native tensors alive, for leak checks; -1 where the engine cannot tell. */
  tensorCount(): number;
  dispose(): Promise<void>;
}
