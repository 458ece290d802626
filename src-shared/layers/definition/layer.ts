import type { JsonValue } from '../../document/schema/model-document.ts';
import type { ProgramBuilder } from '../../program/builder/builder.ts';
import type { Shape, ValueId } from '../../program/language/types.ts';
import type { Constraint } from '../weights/constraint.ts';
import type { Initializer } from '../weights/initializer.ts';
import type { Regularizer } from '../weights/regularizer.ts';

/** Families give a node its icon, colour strip and place in the palette. */
export type LayerFamily =
  | 'input'
  | 'core'
  | 'convolution'
  | 'pooling'
  | 'recurrent'
  | 'attention'
  | 'normalization'
  | 'regularization'
  | 'activation'
  | 'merge'
  | 'output'
  /** A block of one's own; no layer of the catalog. */
  | 'block';

/** A parameter of a layer, enough for the inspector to make its field and for the compiler to check it. */
export interface ParameterSpec {
  /** camelCase of Keras's name. */
  readonly name: string;
  readonly label: string;
  /** One line for a person. */
  readonly help: string;
  readonly default: JsonValue;
  readonly type:
    /** `emptyMeans`, here and below: null is allowed too, and means this ("no limit"). */
    | { kind: 'integer'; min: number; max: number; emptyMeans?: string }
    | { kind: 'number'; min: number; max: number; step: number; exclusiveMax?: boolean; emptyMeans?: string }
    | { kind: 'boolean' }
    | { kind: 'choice'; options: readonly { value: string; label: string }[] }
    /** One of the options, or `{ "formula": … }` of x. */
    | { kind: 'activation'; options: readonly { value: string; label: string }[] }
    /** A formula of a Formula layer's inputs and parameters. */
    | { kind: 'formula' }
    /** Parameters of a Formula layer that train; see `formula-parameters.ts`. */
    | { kind: 'formulaParameters' }
    /** One integer, or one for each axis: [height, width], or [depth, height, width]. */
    | { kind: 'sizes'; axes: 2 | 3; min: number; max: number; emptyMeans?: string }
    /** A list of integers, or one integer alone. */
    | { kind: 'integers'; min: number; max: number; minLength: number; maxLength: number }
    /** A list of numbers, or one number alone. */
    | { kind: 'numbers'; min: number; max: number; maxLength: number; emptyMeans: string }
    /** An initializer's name, or an object of its name and its arguments. */
    | { kind: 'initializer' }
    /** A layer inside this one: `{ "kind": …, "params": { … } }`, one of these with its own parameters. */
    | { kind: 'layer'; layers: readonly LayerDefinition[] }
    /** Null, a regularizer's name, or an object of its name and its arguments. */
    | { kind: 'regularizer' }
    /** Null, a constraint's name, or an object of its name and its arguments. */
    | { kind: 'constraint' }
    /** Names of columns of the data set, each once; empty: all features, or the first target. */
    | { kind: 'columns'; of: 'features' | 'targets' }
    /** The name of an Input of the model, or nothing. */
    | { kind: 'inputName' }
    /** A shape without the batch axis; empty means "from the data set" (Input only). */
    | { kind: 'shape' };
  /** Shown under "Advanced". */
  readonly advanced?: boolean;
}

/** A weight a layer asks for while it is emitted. */
export interface WeightRequest {
  /** 'kernel', 'bias', … as Keras calls it. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly initializer: Initializer;
  /** Its penalty is added to the loss, as long as the weight trains. */
  readonly regularizer?: Regularizer | null;
  /** Holds after every step, as long as the weight trains. */
  readonly constraint?: Constraint | null;
  /** False for moving statistics. */
  readonly trainable: boolean;
  /** Elements from the first number up to the second start at 1, whatever the initializer says: an LSTM's forget bias. */
  readonly startAtOne?: readonly [number, number];
}

/** What a layer's `emit` may use. */
export interface LayerContext {
  readonly builder: ProgramBuilder;
  /** Parameter values with defaults filled in, already checked. */
  readonly params: Readonly<Record<string, JsonValue>>;
  /** True in the training program (dropout is on). */
  readonly training: boolean;
  /** True where no weight of this layer may change, moving statistics included. */
  readonly frozen: boolean;
  readonly inputs: readonly ValueId[];
  readonly inputShapes: readonly Shape[];
  /** Of each input: a mask, bool [N, T] for sequences [N, T, …], or null. See `masks.ts`. */
  readonly masks: readonly (ValueId | null)[];
  /** Asks for a weight; the same request in another program of the model gives the same state. */
  weight(request: WeightRequest): ValueId;
  /** Adds the penalty of an output to the loss, of a frozen layer too; divided by the batch's size, as Keras. */
  penalize(regularizer: Regularizer, value: ValueId): void;
  /** What a weight that does not train holds after this step; only in training, and not of a frozen layer unless a person asked for it. */
  updateWeight(name: string, value: ValueId): void;
  /** A 64-bit Philox key that depends on the run's seed, this layer and `purpose`. */
  randomKey(purpose: string): readonly [number, number];
  /** The int32 scalar that counts optimizer updates in training, and is the number of a draw outside it; see `noise.ts`. */
  readonly step: ValueId | null;
}

/** What a layer makes: a value, and which of its steps count. */
export interface LayerOutput {
  readonly output: ValueId;
  readonly mask: ValueId | null;
}

/** One kind of layer. Output shapes are not declared: they are what the emitted ops infer. */
export interface LayerDefinition {
  /** Keras class name. */
  readonly kind: string;
  readonly family: LayerFamily;
  /** One sentence for palette and inspector. */
  readonly description: string;
  /** Formula in plain text, e.g. 'activation(x · kernel + bias)'. */
  readonly formula: string;
  readonly inputs: { readonly min: number; readonly max: number };
  readonly parameters: readonly ParameterSpec[];
  /** The one or two values that matter, for the node's card: '128, relu'. */
  summarize(params: Readonly<Record<string, JsonValue>>): string;
  /**
   * Checks parameters that depend on each other or on the number of inputs.
   * @returns Null, or what is needed, received and to be done; the words go on after "Dense 'fc1' ".
   */
  checkParameters?(
    params: Readonly<Record<string, JsonValue>>,
    inputs: number,
  ): { readonly param: string; readonly message: string } | null;
  /**
   * Checks what parameters alone cannot say (ranks, sizes).
   * @returns Null, or what is needed, received and to be done; the words go on after "Dense 'fc1' ".
   */
  check?(params: Readonly<Record<string, JsonValue>>, inputShapes: readonly Shape[]): string | null;
  /**
   * What becomes of its inputs' masks. 'keep': the first one goes on with the output; 'use': `emit`
   * reads them and says which mask goes on; absent: the layer knows no masks and they end here.
   */
  readonly mask?: 'keep' | 'use';
  /**
   * Emits the layer's ops and returns its output, alone or with its mask. An `Input` is given the
   * program's input as `inputs[0]`.
   */
  emit(context: LayerContext): ValueId | LayerOutput;
}
