import type { ColumnSpan } from '../../data/column-places.ts';
import type { Constraint } from '../../layers/weights/constraint.ts';
import type { Initializer } from '../../layers/weights/initializer.ts';
import type { Program, Shape } from '../../program/language/types.ts';
import type { GraphProblem } from '../../document/schema/problem.ts';

/** What a document becomes; derived, thrown away, never written back. */

export interface WeightSpec {
  /** State name: `${layer name}/${weight name}`. Both may contain slashes: use `layer` for the layer's name. */
  readonly name: string;
  readonly nodeId: string;
  readonly layer: string;
  readonly shape: readonly number[];
  readonly initializer: Initializer;
  /** Elements that start at 1 whatever the initializer says: from the first number up to the second. */
  readonly startAtOne?: readonly [number, number];
  /** What it is held to after every step. */
  readonly constraint: Constraint | null;
  /** Whether the layer is frozen. */
  readonly frozen: boolean;
  /** False where the layer is frozen, or the weight never trains. */
  readonly trainable: boolean;
  /** The layer's factor of the learning rate. */
  readonly learningRateMultiplier: number;
}

/** Optimizer slots, the step and the like; written to the engine beside the weights. */
export interface SlotSpec {
  readonly name: string;
  readonly dtype: 'float32' | 'int32';
  readonly shape: readonly number[];
  readonly initial: number;
  /** The weight of which it is the moving average. */
  readonly averageOf?: string;
}

/** What analysis tells about one node, for the editor. */
export interface NodeAnalysis {
  readonly nodeId: string;
  /** Null where it cannot be known because of a problem here or upstream. */
  readonly outputShape: Shape | null;
  readonly parameters: number;
  readonly trainableParameters: number;
  /** Whether training from the seed leaves a frozen layer here at random weights. */
  readonly isRandomFrozen: boolean;
}

export interface ModelAnalysis {
  /** By id of the document's own nodes, in the order in which values flow. */
  readonly nodes: ReadonlyMap<string, NodeAnalysis>;
  /** Of what is inside Block nodes, by id of the expanded model (`compiler/expand/expanded.ts`). */
  readonly inside: ReadonlyMap<string, NodeAnalysis>;
  readonly problems: readonly GraphProblem[];
  readonly parameters: number;
  readonly trainableParameters: number;
}

/**
 * A metric as sums over batches: the program puts `length` numbers into the report of
 * each batch, they are added up in float64, and `finalize` makes the value.
 */
export interface MetricPlan {
  /** Keras's key: 'accuracy'; where there are several outputs 'main_loss', 'main_accuracy'. */
  readonly name: string;
  /** Where its sums start in the report. */
  readonly offset: number;
  readonly length: number;
  finalize(sums: readonly number[]): number;
}

/** One Output of a model: what it predicts, in `predict`'s output of the same place. */
export interface OutputPlan {
  readonly nodeId: string;
  /** The layer's name. */
  readonly name: string;
  /** Places of its targets in the feature spec; of several each is a value of its own; none where it reproduces an Input. */
  readonly targets: readonly number[];
  /** Columns of an example that it reproduces one after the other, and where they stand in the example; null: it predicts targets. */
  readonly reproduces: readonly ColumnSpan[] | null;
  /** Its values are logits, as its loss reads them: sigmoid of one value a target, or softmax of several, gives probabilities. */
  readonly logits: boolean;
  /** Its values are margins, as hinge losses have them: above 0 means the second class, and none is a probability. */
  readonly margins: boolean;
}

/**
 * Programs of one model. Inputs: `x` (features), `y` (targets and weights, as
 * `data/target-columns.ts` lays them out); `train` also has `learningRate`, a float32 scalar,
 * and `momentum`, another, where the schedule changes it. With Monte Carlo layers `evaluate` and `predict` have
 * `draw`, an int32 scalar: each number is another draw of their noise.
 * `train` and `evaluate` have one output, `report`, float32 [reportLength]: element 0 is
 * the batch's loss (mean over the batch, regularization included), then the metrics' sums.
 * `predict` has an output for each of `outputs`, in that order: `prediction`, `prediction_1`, …
 */
export interface CompiledModel {
  readonly train: Program;
  readonly evaluate: Program;
  readonly predict: Program;
  readonly weights: readonly WeightSpec[];
  readonly slots: readonly SlotSpec[];
  readonly outputs: readonly OutputPlan[];
  readonly reportLength: number;
  readonly metrics: readonly MetricPlan[];
  readonly analysis: ModelAnalysis;
}

/** A model's prediction with an input for each Input and an output for each Output, named like their layers. */
export interface ServingModel {
  readonly program: Program;
  /** In the program's order; `places` are those of the columns in the data set's vector, null: the whole example. */
  readonly inputs: readonly {
    readonly name: string;
    readonly columns: readonly string[];
    readonly places: readonly number[] | null;
  }[];
  /** In the program's order, with the targets they predict, or the Input that they reproduce. */
  readonly outputs: readonly {
    readonly name: string;
    readonly targets: readonly string[];
    readonly reproduces: string | null;
  }[];
}

export type CompileResult =
  | { readonly ok: true; readonly model: CompiledModel }
  | { readonly ok: false; readonly problems: readonly GraphProblem[] };
