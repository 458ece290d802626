import type { PytorchForms } from './pytorch-weights.ts';
import type { JsonValue } from '../../document/schema/model-document.ts';
import type { InputPort } from '../../document/schema/ports.ts';
import type { ProgramBuilder } from '../../program/builder/builder.ts';
import type { Shape, ValueId } from '../../program/language/types.ts';
import type { ParameterSpec } from '../parameters/parameter-spec.ts';
import type { Constraint } from '../weights/constraint.ts';
import type { Initializer } from '../weights/initializer.ts';
import type { Regularizer } from '../weights/regularizer.ts';

/** Families give a node its icon, colour strip and place in the palette. */
export type LayerFamily =
  | 'input'
  | 'core'
  | 'image'
  | 'convolution'
  | 'pooling'
  | 'recurrent'
  | 'attention'
  | 'normalization'
  | 'regularization'
  | 'activation'
  | 'merge'
  | 'output'
  /** Parts of imported models. */
  | 'operations'
  /** A block of one's own; no layer of the catalog. */
  | 'block';

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
  /** True in the training program (dropout is on), unless the layer is called in inference mode. */
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

/** Values of pixels: 'bytes' are 0 … 255, 'unit' are 0 … 1. */
export type PixelRange = 'bytes' | 'unit';

/** What advice, checks and remedies need to know of a layer, besides its operations. */
export interface LayerTraits {
  /**
   * How its output depends on its inputs when predicting. 'kernel': through a trained kernel over the whole
   * input, before the activation; 'map': affine; 'sum': linear in all inputs together. Absent: otherwise.
   */
  readonly linear?: 'kernel' | 'map' | 'sum';
  /** The activation that the layer is, as a parameter names it. */
  readonly activation?: string;
  /** Parameters of a new hidden layer, where they are not the defaults. */
  readonly hidden?: Readonly<Record<string, JsonValue>>;
  /** Its output has the values of its input: 'shape': in their order, in another shape; 'order': moved or repeated. */
  readonly rearranges?: 'shape' | 'order';
  /** Its output has the values of all its inputs. */
  readonly joins?: true;
  /** Multiplies its inputs by each other. */
  readonly multiplies?: true;
  /** Sets values to zero at random while training. */
  readonly drops?: true;
  /** The layer to use in its place after SELU. */
  readonly afterSelu?: string;
  /** Mixes values along the last axis only. */
  readonly lastAxisOnly?: true;
  /** The parameter with the number of indices that it knows; its inputs are indices from 0. */
  readonly indexLimit?: string;
  /** Whether it takes `mean` and `variance` from the training rows, where it reads an Input. */
  adapts?(params: Readonly<Record<string, JsonValue>>): boolean;
  /** The range of pixels that it expects if it reads an image; null: its parameters do not show it. */
  pixelsExpected?(params: Readonly<Record<string, JsonValue>>): PixelRange | null;
  /** What a layer computes, to find repeated parts of a model; absent: its kind says it. */
  signature?(params: Readonly<Record<string, JsonValue>>): string;
  /** Whether a constant that a layer adds to each unit has no effect after it. */
  cancelsBias?(params: Readonly<Record<string, JsonValue>>, inputShapes: readonly Shape[]): boolean;
}

/** How Keras writes a layer, where this does not follow from its parameters. */
export interface KerasLayerFacts {
  /** Keras has no such layer. */
  readonly missing?: true;
  /** Its call takes several inputs as separate arguments; other layers take a list. */
  readonly separateInputs?: true;
  /** With one input, Keras wants it twice: as query and as value. */
  readonly repeatsInput?: true;
  /** Keras creates its inner layers when it is built, all of them trainable. It is frozen after that, by its name. */
  readonly frozenWhenBuilt?: true;
  /** Applies its argument `layer` to each step. A model there is read as its layers, each of them wrapped. */
  readonly wrapsEachStep?: true;
  /** Code always names it, so that it can be looked up. */
  readonly named?: true;
  /** Names of weights in files of Keras 2, by the name here, where they differ. */
  readonly earlierWeightNames?: Readonly<Record<string, string>>;
  /**
   * Keras's arguments of this layer, converted to those that its parameters read. Leaves out arguments without effect;
   * other arguments without a parameter are refused.
   * @param rank Of the input, with the batch axis; null: unknown.
   */
  read?(config: Readonly<Record<string, unknown>>, rank: number | null): Readonly<Record<string, unknown>>;
  /**
   * Makes it always compute as in training (`training` true) or as in prediction; null: its parameters cannot. Absent, or
   * without parameters and freezing: it computes the same in both.
   */
  inMode?(training: boolean, params: Readonly<Record<string, JsonValue>>): KerasMode | null;
  /** The mask that it computes with these Keras arguments: of values other than `value`, or of steps with such a value. */
  makesMask?(config: Readonly<Record<string, unknown>>): { readonly value: unknown; readonly perStep: boolean } | null;
  /** The port whose mask its output has. Absent: the only input. */
  readonly keepsMaskOf?: string;
  /** @param inputs Their shapes; null: unknown. */
  write?(params: Readonly<Record<string, JsonValue>>, name: string, inputs: readonly (Shape | null)[]): KerasWriting;
}

/** Parameters and freezing that keep a layer in one mode. */
export interface KerasMode {
  readonly params?: Readonly<Record<string, JsonValue>>;
  readonly frozen?: true;
}

export interface KerasWriting {
  /** Replace the document's. */
  readonly params?: Readonly<Record<string, JsonValue>>;
  /** Python function of a Lambda layer that replaces the layer. */
  readonly lambda?: string;
  /** Message for the user: what is missing in Keras, or what to do there. */
  readonly note?: string;
}

/** Number and names of a layer's inputs. */
export interface LayerInputs {
  readonly min: number;
  readonly max: number;
  /** Names of all inputs, in the order of `LayerContext.inputs`; absent: the inputs have no names. */
  readonly ports?: readonly InputPort[];
}

/** One kind of layer. Output shapes are not declared: they are what the emitted ops infer. */
export interface LayerDefinition {
  /** Keras class name. */
  readonly kind: string;
  readonly family: LayerFamily;
  /**
   * What textbooks, papers and other libraries call it, for the search. 'pool' and the like, which are
   * parts of the kind, need not be here.
   */
  readonly otherNames?: readonly string[];
  /** One sentence for palette and inspector. */
  readonly description: string;
  /** Formula in plain text, e.g. 'activation(x · kernel + bias)'. */
  readonly formula: string;
  readonly inputs: LayerInputs & {
    /** Those of a layer with these parameters, where they depend on them. */
    readonly of?: (params: Readonly<Record<string, JsonValue>>) => LayerInputs;
  };
  readonly parameters: readonly ParameterSpec[];
  /** The one or two values that matter, for the node's card: '128, relu'. */
  summarize(params: Readonly<Record<string, JsonValue>>): string;
  /** How a frozen layer computes, where that differs from a layer that trains: for the card and in a sentence. */
  whenFrozen?(params: Readonly<Record<string, JsonValue>>): { readonly summary: string; readonly meaning: string };
  /**
   * Checks parameters that depend on each other or on the number of inputs.
   * @returns Null, or what is needed, received and to be done; the words go on after "Dense 'fc1' ". `edit`: label of a fix
   *   that leads to the parameter.
   */
  checkParameters?(
    params: Readonly<Record<string, JsonValue>>,
    inputs: number,
  ): { readonly param: string; readonly message: string; readonly edit?: string } | null;
  /**
   * Checks what parameters alone cannot say (ranks, sizes).
   * @returns Null, or what is needed, received and to be done; the words go on after "Dense 'fc1' ".
   */
  check?(params: Readonly<Record<string, JsonValue>>, inputShapes: readonly Shape[]): string | null;
  /**
   * Handling of its inputs' masks. 'keep': the output has the first one; 'use': `emit`
   * reads them and returns the output's mask; absent: the layer ignores masks, and its output has none.
   */
  readonly mask?: 'keep' | 'use';
  readonly traits?: LayerTraits;
  readonly keras?: KerasLayerFacts;
  /** Its weights in files of PyTorch; absent: they are not read. */
  readonly pytorch?: PytorchForms;
  /**
   * Emits the layer's ops and returns its output, alone or with its mask. An `Input` is given the
   * program's input as `inputs[0]`.
   */
  emit(context: LayerContext): ValueId | LayerOutput;
}
