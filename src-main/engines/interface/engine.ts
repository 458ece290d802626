import type { EngineName } from '../../../src-shared/training/run/run.ts';
import type { CompiledModel } from '../../../src-shared/compiler/graph/compiled.ts';
import type { SplitName } from '../../../src-shared/data/dataset-document.ts';

/** A tensor in host memory, row-major. Bool as bytes 0 and 1. */
export type HostTensor =
  | { readonly dtype: 'float32'; readonly shape: readonly number[]; readonly data: Float32Array }
  | { readonly dtype: 'int32'; readonly shape: readonly number[]; readonly data: Int32Array }
  | { readonly dtype: 'bool'; readonly shape: readonly number[]; readonly data: Uint8Array };

/**
 * Rows of values in host memory; axis 0 is the row. Bytes stay bytes in native memory and are converted to
 * float32 (value - offset) / scale when a batch is gathered.
 */
export type DataArray =
  | { readonly dtype: 'float32'; readonly shape: readonly number[]; readonly data: Float32Array }
  | { readonly dtype: 'int32'; readonly shape: readonly number[]; readonly data: Int32Array }
  | {
      readonly dtype: 'uint8';
      readonly shape: readonly number[];
      readonly data: Uint8Array;
      readonly offset: number;
      readonly scale: number;
    };

/** What an input of the program reads. */
export interface InputRows {
  /** Name in `SessionData.arrays`. */
  readonly array: string;
  /** Row of the array for each example; null: example i is row i. */
  readonly rows: Int32Array | null;
}

/** Examples of a data set and their splits. */
export interface SessionData {
  /** By name, each once in memory. */
  readonly arrays: Readonly<Record<string, DataArray>>;
  /** By input of the program, which `data/feature-tensors.ts` names. Several may read one array. */
  readonly inputs: { readonly x: InputRows; readonly y: InputRows; readonly [input: string]: InputRows };
  /** Numbers of the examples of each split, in its order. */
  readonly splits: Readonly<Record<SplitName, Int32Array>>;
}

/** Examples in host memory by input of the program, without targets. */
export interface ExampleTensors {
  readonly x: HostTensor;
  readonly [input: string]: HostTensor;
}

/** Execution options of a session, chosen by measurement and recorded with the run. */
export interface SessionOptions {
  /** 0: the engine's default. */
  readonly intraOpThreads: number;
  /** Values of `steps` for `trainSteps`, ascending, starting with 1. */
  readonly stepsPerCall: readonly number[];
}

export interface TrainRequest {
  readonly split: SplitName;
  /** Positions in the split, of `steps` consecutive batches of `batchSize` examples. */
  readonly indices: Int32Array;
  readonly steps: number;
  readonly batchSize: number;
  /** One per step. */
  readonly learningRates: Float32Array;
  /** One per step; present if and only if the train program has the input `momentum`. */
  readonly momenta?: Float32Array;
}

/** Executes compiled models. */
export interface Engine {
  readonly name: EngineName;
  /** Library version: '2.21.0'. */
  readonly version: string;
  readonly device: string;
  /** The caller disposes the session. @throws AppError `engine/…` if the native library rejects the programs. */
  createSession(model: CompiledModel, options: SessionOptions): Promise<EngineSession>;
}

/** Weights, optimizer slots and data of one model in native memory. Calls must not overlap. */
export interface EngineSession {
  /** Writes weights and slots by state name; all must be written before the first step. */
  writeState(values: ReadonlyMap<string, HostTensor>): Promise<void>;
  /** Reads state by name, in the order of `names`. */
  readState(names: readonly string[]): Promise<Map<string, HostTensor>>;
  /**
   * Makes the arrays that the model reads available to the engine, each once; replaces earlier data. An engine may copy
   * them to native memory or keep a reference, so the caller must not change them afterwards. `dispose` frees copies.
   *
   * @throws AppError `engine/tensor-mismatch` if an array does not fit its input, `engine/row-out-of-range` if a row is
   *   not in its array.
   */
  loadData(data: SessionData): Promise<void>;
  /** @returns float32 [steps, reportLength], row-major: one report per step. */
  trainSteps(request: TrainRequest): Promise<Float32Array>;
  /**
   * Evaluates examples of a split.
   *
   * @param indices Positions in the split.
   * @param draw Number of the random draw of Monte Carlo layers. Default: 0.
   * @returns One report, [reportLength].
   */
  evaluate(split: SplitName, indices: Int32Array, draw?: number): Promise<Float32Array>;
  /** @param examples Encoded features; those that the model does not read are ignored. @param draw As for `evaluate`. @returns float32 [N, …], one tensor per Output of the model. */
  predict(examples: ExampleTensors, draw?: number): Promise<readonly HostTensor[]>;
  /** Number of live native tensors, for leak checks; -1 if the engine does not know it. */
  tensorCount(): number;
  dispose(): Promise<void>;
}
