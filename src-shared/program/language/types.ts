/**
 * A program: typed operations in static single assignment form.
 *
 * Shapes are known but for the batch axis, which is `null` and, where present,
 * axis 0. Values are numbered; each is produced once: as an input, as the read
 * of a state entry, or by one operation.
 */
export type DType = 'float32' | 'int32' | 'bool';

/** One extent per axis; `null` is the batch axis, whose size a run decides. */
export type Shape = readonly (number | null)[];

export interface TensorType {
  readonly dtype: DType;
  readonly shape: Shape;
}

/** Index into `Program.values`. */
export type ValueId = number;

/**
 * Every operation with its attributes. The key is the operation's name; engines
 * and exporters hold one lowering per key, so the compiler proves that none is
 * missing. Semantics, shape rules and gradients are in `ops/`.
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
  /** Passes its input on; its gradient is zero. */
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

  // gradients that engines have kernels for: (output or input of the forward op, incoming gradient)
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
  /** At most one axis is `null`: it takes what is left. */
  reshape: { shape: Shape };
  transpose: { permutation: readonly number[] };
  /** (x, like): x broadcast to the shape of `like`. */
  broadcastLike: NoAttributes;
  /** `sizes[i]` of -1 means to the end of the axis. */
  slice: { starts: readonly number[]; sizes: readonly number[] };
  pad: { before: readonly number[]; after: readonly number[]; value: number };
  concat: { axis: number };
  /** Cuts an axis into parts of these sizes, one output each. */
  split: { axis: number; sizes: readonly number[] };
  /** The last element along the axis first. */
  reverse: { axis: number };
  /** (x, int32 indices): rows of x along `axis`. */
  gather: { axis: number };
  /** (like, int32 indices, gradient): the gradient of gather along axis 0, repeated indices added. */
  gatherGradient: NoAttributes;
  oneHot: { depth: number };

  // repetition
  /**
   * Runs `body` once for each element of axis 1 of its sequences, handing values on.
   * Inputs: `carried` values at the start, `sequences` [N, T, …], then matrices and constants.
   * Outputs: the carried values after the last step, then what each step makes, stacked
   * along axis 1 at the place of its step.
   */
  scan: ScanAttributes;

  // neural network kernels
  /** (x [N,H,W,C], kernel [kh,kw,C/groups,F]). */
  conv2d: Conv2dAttributes;
  /** (kernel, gradient) to x of `inputSize`; a transposed convolution of the gradient. */
  conv2dInputGradient: Conv2dAttributes & { inputSize: Pair };
  /** (x, like kernel, gradient). */
  conv2dKernelGradient: Conv2dAttributes;
  /** (x [N,D,H,W,C], kernel [kd,kh,kw,C/groups,F]). */
  conv3d: Conv3dAttributes;
  /** (kernel, gradient) to x of `inputSize`. */
  conv3dInputGradient: Conv3dAttributes & { inputSize: Triple };
  /** (x, like kernel, gradient). */
  conv3dKernelGradient: Conv3dAttributes;
  maxPool2d: Pool2dAttributes;
  /** (x, pooled, gradient); the first maximum of a window receives its gradient. */
  maxPool2dGradient: Pool2dAttributes;
  /** The mean over the part of a window that lies inside the image. */
  averagePool2d: Pool2dAttributes;
  /** (like x, gradient). */
  averagePool2dGradient: Pool2dAttributes;
  /**
   * (x [N, …, C], gamma [C], beta [C]) to y like x, mean [C] and variance [C] over all axes but the
   * last: y = (x - mean) / sqrt(variance + epsilon) * gamma + beta.
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

/** TensorFlow's `SAME` puts the odd pixel of padding after; `explicit` is [top, bottom, left, right]. */
export type Padding2d = 'same' | 'valid' | readonly [number, number, number, number];

/** How a scan runs, and how it is differentiated. */
export interface ScanAttributes {
  /** One step: reads carried values, one element of each sequence, matrices and constants; makes carried values, then its own. */
  body: Program;
  carried: number;
  sequences: number;
  /** Rank-2 inputs that the body reads only as the right factor of products. */
  matrices: number;
  /** From the last element to the first. */
  reverse: boolean;
  /** Absent once a program is complete. */
  backward?: ScanBackward;
}

/** Where an input of a scan's gradient comes from: the scan's inputs and stacked outputs, by their number among their kind. */
export type ScanSource =
  | { readonly from: 'outputGradient'; readonly index: number }
  | { readonly from: 'output'; readonly index: number }
  | { readonly from: 'sequence'; readonly index: number };

/** The scan that gives a scan's gradients, in the other direction. */
export interface ScanBackward {
  /** Reads gradients of the carried values, `sources`, transposed matrices and constants; makes gradients of the carried values before, then one output a gradient. */
  readonly body: Program;
  readonly sources: readonly ScanSource[];
  /** Numbers of the matrices that the body reads, transposed, and of the constants. */
  readonly matrices: readonly number[];
  readonly constants: readonly number[];
  /** Output of the body that holds the gradient of each sequence; null where it is zero. */
  readonly sequences: readonly (number | null)[];
  /** Of each constant; summed over the steps. */
  readonly constantGradients: readonly (number | null)[];
  /** Products with a matrix: left factor, and output of the body that holds the gradient of the product. */
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

/** What convolutions over any number of axes are: explicit padding is before and after of each axis. */
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

/** One operation: its name, attributes, the values it reads and the values it makes. */
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
 * A tensor that lives in the engine between calls: weights, optimizer slots, the step.
 * `value` is what it holds when the program starts; `update`, where present, what it
 * holds after. State is identified by name across all programs of a session.
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
  /** In an order in which every value is made before it is read. */
  readonly operations: readonly Operation[];
  readonly outputs: readonly ProgramOutput[];
}
