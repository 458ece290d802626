import type { EngineName } from '../../../src-shared/training/run/run.ts';
import type { SlotSpec, WeightSpec } from '../../../src-shared/compiler/graph/compiled.ts';
import type { Program } from '../../../src-shared/program/language/types.ts';
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
  /** Numbers of steps in one call of a program that updates state, ascending, starting with 1. */
  readonly stepsPerCall: readonly number[];
}

/** Programs of a model and the state that they share. A session that only predicts needs neither `train` nor slots. */
export interface SessionModel {
  readonly programs: Readonly<Record<string, Program>>;
  readonly weights: readonly Pick<WeightSpec, 'name' | 'shape'>[];
  readonly slots: readonly Pick<SlotSpec, 'name' | 'dtype' | 'shape'>[];
}

/** Rows of the loaded data. */
export interface LoadedRows {
  readonly split: SplitName;
  /** Positions in the split, of `steps` consecutive batches of equal size. */
  readonly indices: Int32Array;
  /** One of the session's `stepsPerCall` for a program that updates state, 1 for others. Default: 1. */
  readonly steps?: number;
}

/** Examples and values that a program reads in one call. */
export type ProgramFeeds = (
  | { readonly rows: LoadedRows }
  /** By input name; those that the program does not read are ignored. */
  | { readonly examples: Readonly<Record<string, HostTensor>> }
) & {
  /**
   * Of the inputs without a batch axis, by name: one value per step, row-major. Those that the program does not read are
   * ignored.
   */
  readonly values?: Readonly<Record<string, Float32Array | Int32Array>>;
};

/** By name, in the program's order. */
export type ProgramOutputs = ReadonlyMap<string, HostTensor>;

/** Executes compiled models. */
export interface Engine {
  readonly name: EngineName;
  /** Library version: '2.21.0'. */
  readonly version: string;
  readonly device: string;
  /** The caller disposes the session. @throws AppError `engine/…` if the native library rejects the programs. */
  createSession(model: SessionModel, options: SessionOptions): Promise<EngineSession>;
}

/** Weights, optimizer slots and data of one model in native memory. Calls must not overlap. */
export interface EngineSession {
  /** Writes weights and slots by state name; all must be written before the first step. */
  writeState(values: ReadonlyMap<string, HostTensor>): Promise<void>;
  /** Reads state by name, in the order of `names`. */
  readState(names: readonly string[]): Promise<Map<string, HostTensor>>;
  /**
   * Reads state by name in portions, in any order, so that host memory holds a part of it at a time. The tensors of a
   * portion must not be changed, and are valid until the next call of the session.
   */
  readPortions(names: readonly string[]): AsyncGenerator<ReadonlyMap<string, HostTensor>>;
  /**
   * Makes the arrays that the model reads available to the engine, each once; replaces earlier data. An engine may copy
   * them to native memory or keep a reference, so the caller must not change them afterwards. `dispose` frees copies.
   *
   * @throws AppError `engine/tensor-mismatch` if an array does not fit its input, `engine/row-out-of-range` if a row is
   *   not in its array.
   */
  loadData(data: SessionData): Promise<void>;
  /**
   * Runs a program of the model once for each step; each step reads the state that the step before wrote.
   *
   * @returns The outputs. Those of a program that updates state have a new first axis with one row per step.
   * @throws AppError `engine/state-not-written`, `engine/split-not-loaded`, `engine/row-out-of-range`,
   *   `engine/tensor-mismatch`; `engine/call-failed` with the native library's message.
   */
  run(program: string, feeds: ProgramFeeds): Promise<ProgramOutputs>;
  /** Number of live native tensors, for leak checks; -1 if the engine does not know it. */
  tensorCount(): number;
  dispose(): Promise<void>;
}
