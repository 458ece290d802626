/**
 * A program: typed operations in static single assignment form.
 *
 * Shapes are static except for the batch axis, which is `null` and always axis 0.
 * Values are numbered; each is produced once: as an input, as a state entry, or by
 * one operation.
 */
export type DType = 'float32' | 'int32' | 'bool';

/** One extent per axis; `null` is the batch axis, whose size is known at run time. */
export type Shape = readonly (number | null)[];

export interface TensorType {
  readonly dtype: DType;
  readonly shape: Shape;
}

/** Index into `Program.values`. */
export type ValueId = number;

/**
 * Every operation with its attributes. The key is the operation's name; each engine
 * has one lowering per key, and the TypeScript compiler checks that none is missing.
 * Shape rules are in `../shapes`, gradients in `../gradients`.
 *
 * Images are NHWC, volumes NDHWC, convolution kernels HWIO and DHWIO. Binary operations broadcast as
 * NumPy does. `axes` are non-negative and ascending.
 */
export interface OpAttributes {
  // sources
  /** Values in row-major order; one value fills the shape. Bool as 0 or 1. */
  constant: { dtype: DType; shape: readonly number[]; values: readonly number[] };
  /** Size of one axis of the input, as a float32 scalar (the batch size of this run). */
  dimSize: { axis: number };
  /** Indices 0, 1, 2, … along axis 0 of the input, int32. */
  rowIndices: NoAttributes;
  /**
   * Uniform float32 in [0, 1), shaped like input 0; input 1 is an int32 scalar (the step).
   * Philox 4x32-10 with the 64-bit `key` (low word, high word); element i is lane i % 4
   * of the block at counter (i / 4 in the low 64 bits, step in the high 64 bits), its low
   * 23 bits times 2⁻²³, as TensorFlow's StatelessRandomUniformV2 computes without XLA.
   */
  randomUniform: { key: readonly [number, number] };

  // elementwise, one input
  negative: NoAttributes;
  exp: NoAttributes;
  log: NoAttributes;
  log1p: NoAttributes;
  sqrt: NoAttributes;
  square: NoAttributes;
  abs: NoAttributes;
  sign: NoAttributes;
  floor: NoAttributes;
  relu: NoAttributes;
  /** x, or exp(x) - 1 where x is negative. */
  elu: NoAttributes;
  /** SELU_SCALE · x, or SELU_SCALE · SELU_ALPHA · (exp(x) - 1) where x is negative; the numbers are in `selu.ts`. */
  selu: NoAttributes;
  sigmoid: NoAttributes;
  tanh: NoAttributes;
  softplus: NoAttributes;
  erf: NoAttributes;
  sin: NoAttributes;
  cos: NoAttributes;
  logicalNot: NoAttributes;
  cast: { dtype: DType };
  /** Returns its input; its gradient is zero. */
  stopGradient: NoAttributes;

  // elementwise, two inputs
  add: NoAttributes;
  subtract: NoAttributes;
  multiply: NoAttributes;
  divide: NoAttributes;
  power: NoAttributes;
  maximum: NoAttributes;
  minimum: NoAttributes;
  equal: NoAttributes;
  greater: NoAttributes;
  greaterEqual: NoAttributes;
  less: NoAttributes;
  lessEqual: NoAttributes;
  logicalAnd: NoAttributes;
  logicalOr: NoAttributes;
  /** (condition, whenTrue, whenFalse), broadcasting. */
  select: NoAttributes;

  // gradients with a kernel in the engines
  /** (output of relu, gradient). */
  reluGradient: NoAttributes;
  /** (output of elu, gradient). */
  eluGradient: NoAttributes;
  /** (output of selu, gradient). */
  seluGradient: NoAttributes;
  /** (output of sigmoid, gradient). */
  sigmoidGradient: NoAttributes;
  /** (output of tanh, gradient). */
  tanhGradient: NoAttributes;

  // products and reductions
  /** Last two axes multiply; leading axes must be equal. */
  matMul: { transposeA: boolean; transposeB: boolean };
  reduceSum: { axes: readonly number[]; keepDims: boolean };
  reduceMax: { axes: readonly number[]; keepDims: boolean };
  reduceMin: { axes: readonly number[]; keepDims: boolean };
  /** int32; the first of equal values wins. */
  argMax: { axis: number };

  // shape
  /** At most one axis is `null`: its size follows from the others. */
  reshape: { shape: Shape };
  transpose: { permutation: readonly number[] };
  /** (x, like): x broadcast to the shape of `like`. */
  broadcastLike: NoAttributes;
  /** `sizes[i]` of -1 means to the end of the axis. */
  slice: { starts: readonly number[]; sizes: readonly number[] };
  pad: { before: readonly number[]; after: readonly number[]; value: number };
  concat: { axis: number };
  /** Splits an axis into parts of these sizes, one output each. */
  split: { axis: number; sizes: readonly number[] };
  /** Reverses the order along the axis. */
  reverse: { axis: number };
  /** (x, int32 indices): rows of x along `axis`. */
  gather: { axis: number };
  /** (like, int32 indices, gradient): the gradient of gather along axis 0; gradients of repeated indices are summed. */
  gatherGradient: NoAttributes;
  oneHot: { depth: number };

  // repetition
  /**
   * Runs `body` once per element of axis 1 of its sequences and passes carried values to the next step.
   * Inputs: initial `carried` values, `sequences` [N, T, …], then matrices and constants.
   * Outputs: the carried values after the last step, then the outputs of all steps, stacked
   * along axis 1 at the index of their step.
   */
  scan: ScanAttributes;

  // neural network kernels
  /** (x [N,H,W,C], kernel [kh,kw,C/groups,F]). */
  conv2d: Conv2dAttributes;
  /** (kernel, gradient) to the gradient of x, whose spatial size is `inputSize`: a transposed convolution. */
  conv2dInputGradient: Conv2dAttributes & { inputSize: Pair };
  /** (x, like kernel, gradient). */
  conv2dKernelGradient: Conv2dAttributes;
  /** (x [N,D,H,W,C], kernel [kd,kh,kw,C/groups,F]). */
  conv3d: Conv3dAttributes;
  /** (kernel, gradient) to the gradient of x, whose spatial size is `inputSize`. */
  conv3dInputGradient: Conv3dAttributes & { inputSize: Triple };
  /** (x, like kernel, gradient). */
  conv3dKernelGradient: Conv3dAttributes;
  maxPool2d: Pool2dAttributes;
  /** (x, pooled, gradient); the first maximum of a window receives its gradient. */
  maxPool2dGradient: Pool2dAttributes;
  /** The mean over the pixels of a window that are inside the image; padding does not count. */
  averagePool2d: Pool2dAttributes;
  /** (like x, gradient). */
  averagePool2dGradient: Pool2dAttributes;
  /**
   * (x [N, …, C], gamma [C], beta [C]) to y, shaped like x, and mean [C] and variance [C] over all
   * axes except the last: y = (x - mean) / sqrt(variance + epsilon) * gamma + beta.
   */
  batchNormalization: { epsilon: number };
  /** (x, gamma, mean, variance, gradient of y) to the gradients of x, gamma and beta. */
  batchNormalizationGradient: { epsilon: number };
  /** Over the last axis. */
  softmax: NoAttributes;
  logSoftmax: NoAttributes;
  /** (logits [M, classes], labels [M, classes]) to loss [M] and d loss / d logits [M, classes]. */
  softmaxCrossEntropy: NoAttributes;
  /** (logits [M, classes], int32 labels [M]) to loss [M] and d loss / d logits [M, classes]. */
  sparseSoftmaxCrossEntropy: NoAttributes;

  // optimizer updates; outputs are the new values, in the order of the inputs they replace
  /** (variable, learningRate, gradient) to variable. */
  applyGradientDescent: NoAttributes;
  /**
   * (variable, velocity, learningRate, momentum, gradient) to (variable, velocity), as Keras:
   * v = momentum * v - lr * g; nesterov: w += momentum * v - lr * g, else w += v.
   */
  applyMomentum: { nesterov: boolean };
  /**
   * (variable, m, v, learningRate, beta1Power, beta2Power, gradient) to (variable, m, v), as Keras:
   * alpha = lr * sqrt(1 - beta2Power) / (1 - beta1Power); w -= alpha * m / (sqrt(v) + epsilon).
   */
  applyAdam: { beta1: number; beta2: number; epsilon: number };
}

export type NoAttributes = Record<never, never>;

/** Two numbers: height, width. */
export type Pair = readonly [number, number];

/** Three numbers: depth, height, width. */
export type Triple = readonly [number, number, number];

/** 'same' is TensorFlow's: an odd pixel of padding goes to the end. Four numbers: [top, bottom, left, right]. */
export type Padding2d = 'same' | 'valid' | readonly [number, number, number, number];

/** The body of a scan, the number of its inputs by role, and its gradient. */
export interface ScanAttributes {
  /** One step. Inputs: carried values, one element of each sequence, matrices, constants. Outputs: carried values, then values to stack. */
  body: Program;
  carried: number;
  sequences: number;
  /** Number of rank-2 inputs that the body reads only as right factors of `matMul`. */
  matrices: number;
  /** Runs from the last element to the first. */
  reverse: boolean;
  /** Removed by `simplify` from a complete program. */
  backward?: ScanBackward;
}

/** Source of an input of a scan's gradient: an input or stacked output of the scan, by its index among its kind. */
export type ScanSource =
  | { readonly from: 'outputGradient'; readonly index: number }
  | { readonly from: 'output'; readonly index: number }
  | { readonly from: 'sequence'; readonly index: number };

/** The scan that computes a scan's gradients; it runs in the other direction. */
export interface ScanBackward {
  /** Inputs: gradients of the carried values after the step, `sources`, transposed matrices, constants. Outputs: gradients of the carried values before the step, then one output per further gradient. */
  readonly body: Program;
  readonly sources: readonly ScanSource[];
  /** Indices of the matrices that the body reads (transposed). */
  readonly matrices: readonly number[];
  /** Indices of the constants that the body reads. */
  readonly constants: readonly number[];
  /** For each sequence: index of the body's output with its gradient; null where it is zero. */
  readonly sequences: readonly (number | null)[];
  /** For each constant: index of the body's output with its gradient, to be summed over the steps. */
  readonly constantGradients: readonly (number | null)[];
  /** Products with a matrix: the left factor, and the index of the body's output with the gradient of the product. */
  readonly products: readonly { readonly matrix: number; readonly left: ScanSource; readonly gradient: number }[];
}

export interface Conv2dAttributes {
  strides: Pair;
  padding: Padding2d;
  dilations: Pair;
  groups: number;
}

export interface Conv3dAttributes {
  strides: Triple;
  padding: 'same' | 'valid';
  dilations: Triple;
  groups: number;
}

/** Attributes of a convolution over any number of axes. Explicit padding is [before, after] for each axis in turn. */
export interface ConvolutionAttributes {
  readonly strides: readonly number[];
  readonly padding: 'same' | 'valid' | readonly number[];
  readonly dilations: readonly number[];
  readonly groups: number;
}

export interface Pool2dAttributes {
  poolSize: Pair;
  strides: Pair;
  padding: 'same' | 'valid';
}

export type OpName = keyof OpAttributes;

/** One operation: its name, attributes, the values that it reads and those that it produces. */
export type Operation = {
  [Name in OpName]: {
    readonly op: Name;
    readonly attributes: OpAttributes[Name];
    readonly inputs: readonly ValueId[];
    readonly outputs: readonly ValueId[];
    /** The layer's name or a part of the step ("loss", "optimizer/dense/kernel"), for error messages and exported graphs. */
    readonly scope: string;
  };
}[OpName];

/** A tensor that the caller feeds at each call. */
export interface ProgramInput {
  readonly name: string;
  readonly value: ValueId;
}

/**
 * A tensor that the engine keeps between calls: weights, optimizer slots, the step.
 * `value` is its value before the program, `update`, if present, its value afterwards.
 * All programs of a session share state by name.
 */
export interface ProgramState {
  readonly name: string;
  readonly value: ValueId;
  readonly update?: ValueId;
}

export interface ProgramOutput {
  readonly name: string;
  readonly value: ValueId;
}

export interface Program {
  /** Type of each value, indexed by ValueId. */
  readonly values: readonly TensorType[];
  readonly inputs: readonly ProgramInput[];
  readonly state: readonly ProgramState[];
  /** In topological order. */
  readonly operations: readonly Operation[];
  readonly outputs: readonly ProgramOutput[];
}
