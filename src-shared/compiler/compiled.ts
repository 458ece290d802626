import type { Initializer } from '../layers/initializer.ts';
import type { Program, Shape } from '../program/types.ts';
import type { GraphProblem } from '../document/problem.ts';

/** What a document becomes; derived, thrown away, never written back. */

export interface WeightSpec {
  /** State name: `${layer name}/${weight name}`. */
  readonly name: string;
  readonly nodeId: string;
  readonly layer: string;
  readonly shape: readonly number[];
  readonly initializer: Initializer;
  /** False where the layer is frozen, or the weight never trains. */
  readonly trainable: boolean;
}

/** Optimizer slots, the step and the like; written to the engine beside the weights. */
export interface SlotSpec {
  readonly name: string;
  readonly dtype: 'float32' | 'int32';
  readonly shape: readonly number[];
  readonly initial: number;
}

/** What analysis tells about one node, for the editor. */
export interface NodeAnalysis {
  readonly nodeId: string;
  /** Null where it cannot be known because of a problem here or upstream. */
  readonly outputShape: Shape | null;
  readonly parameters: number;
  readonly trainableParameters: number;
}

export interface ModelAnalysis {
  readonly nodes: ReadonlyMap<string, NodeAnalysis>;
  readonly problems: readonly GraphProblem[];
  readonly parameters: number;
  readonly trainableParameters: number;
}

/**
 * A metric as sums over batches: the program puts `length` numbers into the report of
 * each batch, they are added up in float64, and `finalize` makes the value.
 */
export interface MetricPlan {
  /** Keras's key: 'accuracy', 'mae'. */
  readonly name: string;
  /** Where its sums start in the report. */
  readonly offset: number;
  readonly length: number;
  finalize(sums: readonly number[]): number;
}

/**
 * Programs of one model. Inputs: `x` (features), `y` (targets, int32 [N, 1] for classes,
 * float32 [N, 1] for numbers); `train` also has `learningRate`, a float32 scalar.
 * `train` and `evaluate` have one output, `report`, float32 [reportLength]: element 0 is
 * the batch's loss (mean over the batch, regularization included), then the metrics' sums.
 * `predict` has one output, `prediction`.
 */
export interface CompiledModel {
  readonly train: Program;
  readonly evaluate: Program;
  readonly predict: Program;
  readonly weights: readonly WeightSpec[];
  readonly slots: readonly SlotSpec[];
  readonly reportLength: number;
  readonly metrics: readonly MetricPlan[];
  readonly analysis: ModelAnalysis;
}

export type CompileResult =
  | { readonly ok: true; readonly model: CompiledModel }
  | { readonly ok: false; readonly problems: readonly GraphProblem[] };
