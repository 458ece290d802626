import type { EngineName } from '../../src-shared/training/run/run.ts';

export interface Measurement {
  readonly version: string;
  readonly device: string;
  /** Billions of floating-point operations per second in a float32 matrix product. */
  readonly gflops: number;
  /** Largest relative difference from float64 in the training of a small network. */
  readonly difference: number;
}

/** @param fraction Progress of the step, 0 to 1; null if unknown. */
export type OnProgress = (step: string, fraction: number | null) => void;

/** Calls of the engines program. */
export interface EngineCalls {
  /**
   * Loads an engine, times it and checks its numbers. Needs `engineEnvironment` and a process that has loaded no other
   * engine.
   */
  measure: { params: { name: EngineName }; result: Measurement };
  /** Installs TensorFlow. The result is the engine folder. */
  install: {
    params: { prepared: string | undefined };
    result: string;
    progress: { step: string; fraction: number | null };
  };
}
