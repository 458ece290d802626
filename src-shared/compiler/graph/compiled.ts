import type { ColumnSpan } from '../../data/column-places.ts';
import type { Constraint } from '../../layers/weights/constraint.ts';
import type { Initializer } from '../../layers/weights/initializer.ts';
import type { Direction } from '../../training/callbacks/monitor.ts';
import type { Program, Shape } from '../../program/language/types.ts';
import type { GraphProblem } from '../../document/schema/problem.ts';

/** A weight of the compiled model. */

export interface WeightSpec {
  /** State name: `${layer name}/${weight name}`. Both may contain slashes: use `layer` for the layer's name. */
  readonly name: string;
  readonly nodeId: string;
  readonly layer: string;
  readonly shape: readonly number[];
  readonly initializer: Initializer;
  /** Range [start, end) of elements that are initialized to 1 instead. */
  readonly startAtOne?: readonly [number, number];
  /** Applied after every step. */
  readonly constraint: Constraint | null;
  /** Whether the layer is frozen. */
  readonly frozen: boolean;
  /** False if the layer is frozen or the weight is not trainable. */
  readonly trainable: boolean;
  /** The layer's factor of the learning rate. */
  readonly learningRateMultiplier: number;
}

/** State of the optimizer: slots, the step. */
export interface SlotSpec {
  readonly name: string;
  readonly dtype: 'float32' | 'int32';
  readonly shape: readonly number[];
  readonly initial: number;
  /** Name of the weight whose moving average this is. */
  readonly averageOf?: string;
  /** Names of slots of other weights that share this value. Checkpoints store the value under these names too. */
  readonly equal?: readonly string[];
}

/** Analysis of one node, for the editor. */
export interface NodeAnalysis {
  readonly nodeId: string;
  /** Null if a problem here or upstream prevents inference. */
  readonly outputShape: Shape | null;
  readonly parameters: number;
  readonly trainableParameters: number;
  /** Whether a frozen layer here would keep its random initial weights. */
  readonly isRandomFrozen: boolean;
}

export interface ModelAnalysis {
  /** By id of the document's own nodes, in topological order. */
  readonly nodes: ReadonlyMap<string, NodeAnalysis>;
  /** Of nodes inside Block nodes, by id of the expanded model (`compiler/expand/expanded.ts`). */
  readonly inside: ReadonlyMap<string, NodeAnalysis>;
  readonly problems: readonly GraphProblem[];
  readonly parameters: number;
  readonly trainableParameters: number;
}

/**
 * A metric computed from sums over batches: the report of each batch has `length` values for
 * it, the host adds them in float64, and `finalize` computes the metric.
 */
export interface MetricPlan {
  /** Keras's key: 'accuracy'; where there are several outputs 'main_loss', 'main_accuracy'. */
  readonly name: string;
  /** Null: a formula. */
  readonly direction: Direction | null;
  /** Index of its first sum in the report. */
  readonly offset: number;
  readonly length: number;
  finalize(sums: readonly number[]): number;
}

/** One Output of a model. Its prediction is the output of `predict` with the same index. */
export interface OutputPlan {
  readonly nodeId: string;
  /** The layer's name. */
  readonly name: string;
  /** Indices of its targets in the feature spec; empty if it reproduces an Input. */
  readonly targets: readonly number[];
  /** Columns of an example that it reproduces, in order; null: it predicts targets. */
  readonly reproduces: readonly ColumnSpan[] | null;
  /** Whether its values are logits (its loss is `fromLogits`): sigmoid or softmax gives probabilities. */
  readonly logits: boolean;
  /** Whether its values are margins of a hinge loss: above 0 predicts the second class; there are no probabilities. */
  readonly margins: boolean;
}

/**
 * Programs of one model, by name. Inputs: the tensors of features (`data/feature-tensors.ts` names them), `y` (targets and
 * weights, as `data/target-columns.ts` lays them out); `train` also has the float32 scalars `learningRate`
 * and, if the schedule changes it, `momentum`. With Monte Carlo layers `evaluate` and `predict`
 * have the int32 scalar `draw`, the number of the random draw.
 * `train` and `evaluate` have one output, `report`, float32 [reportLength]: element 0 is
 * the batch's mean loss with regularization, followed by the metrics' sums.
 * `predict` has an output for each of `outputs`, in that order: `prediction`, `prediction_1`, …
 */
export interface ModelPrograms {
  readonly train: Program;
  readonly evaluate: Program;
  readonly predict: Program;
  readonly [name: string]: Program;
}

export interface CompiledModel {
  readonly programs: ModelPrograms;
  readonly weights: readonly WeightSpec[];
  readonly slots: readonly SlotSpec[];
  readonly outputs: readonly OutputPlan[];
  readonly reportLength: number;
  readonly metrics: readonly MetricPlan[];
  /** Scopes of the layers that change images at random while training, each image for itself. */
  readonly augmentations: readonly string[];
  readonly analysis: ModelAnalysis;
}

/** The prediction program for export: one input per Input and one output per Output, named like the layers. */
export interface ServingModel {
  readonly program: Program;
  /** In the program's order. `places`: indices of the columns in an example of `tensor`; null: the whole example. */
  readonly inputs: readonly {
    readonly name: string;
    readonly columns: readonly string[];
    readonly tensor: string;
    readonly places: readonly number[] | null;
  }[];
  /** In the program's order, with the targets that they predict or the Input that they reproduce. */
  readonly outputs: readonly {
    readonly name: string;
    readonly targets: readonly string[];
    readonly reproduces: string | null;
  }[];
}

export type CompileResult =
  | { readonly ok: true; readonly model: CompiledModel }
  | { readonly ok: false; readonly problems: readonly GraphProblem[] };
