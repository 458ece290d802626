import { ownValue } from '../../../text/own-value.ts';
import { objectOf, textOf } from './unchecked-json.ts';
import type { Json } from './unchecked-json.ts';
import { renamed } from './generation.ts';
import type { ConfiguredLayer } from './generation.ts';

/** Translates the classes and arguments of Keras 1 (2015 to 2017) to those of Keras 2. */

const CLASSES: Readonly<Record<string, string>> = {
  Convolution1D: 'Conv1D',
  Convolution2D: 'Conv2D',
  Convolution3D: 'Conv3D',
  AtrousConvolution1D: 'Conv1D',
  AtrousConvolution2D: 'Conv2D',
  SeparableConvolution2D: 'SeparableConv2D',
  TimeDistributedDense: 'Dense',
};

/** Classes of Merge by its mode. */
const MERGES: Readonly<Record<string, string>> = {
  sum: 'Add',
  mul: 'Multiply',
  ave: 'Average',
  max: 'Maximum',
  concat: 'Concatenate',
};

const both = (end: string): readonly string[] => [`depthwise_${end}`, `pointwise_${end}`];

const ARGUMENTS: Readonly<Record<string, readonly (string | readonly string[])[]>> = {
  output_dim: ['output_dim', 'units'],
  nb_filter: ['filters'],
  filter_length: ['kernel_size'],
  subsample: ['strides'],
  subsample_length: ['strides'],
  stride: ['strides'],
  pool_length: ['pool_size'],
  atrous_rate: ['dilation_rate'],
  border_mode: ['padding'],
  bias: ['use_bias'],
  p: ['rate'],
  sigma: ['stddev'],
  concat_axis: ['axis'],
  init: ['kernel_initializer', 'embeddings_initializer', 'alpha_initializer', both('initializer')],
  inner_init: ['recurrent_initializer'],
  beta_init: ['beta_initializer'],
  gamma_init: ['gamma_initializer'],
  inner_activation: ['recurrent_activation'],
  W_regularizer: ['kernel_regularizer', 'embeddings_regularizer'],
  U_regularizer: ['recurrent_regularizer'],
  b_regularizer: ['bias_regularizer'],
  W_constraint: ['kernel_constraint', 'embeddings_constraint'],
  b_constraint: ['bias_constraint'],
  dropout_W: ['dropout'],
  dropout_U: ['recurrent_dropout'],
};

/** Arguments with a value that is the only behaviour of later Keras versions; such arguments are removed. */
const NEUTRAL: Readonly<Record<string, readonly Json[]>> = { mode: [0], dropout: [0], mode_type: ['raw'] };

/** Values of `unit_forget_bias` by initializer. */
const FORGET_BIASES: Readonly<Record<string, boolean>> = { one: true, ones: true, zero: false, zeros: false };

const DATA_FORMATS: Readonly<Record<string, string>> = { tf: 'channels_last', th: 'channels_first' };

/** @param has Whether a class of the catalog has an argument. */
export function fromKeras1(
  { className: given, config }: ConfiguredLayer,
  has: (className: string, argument: string) => boolean,
): ConfiguredLayer {
  const merge = given === 'Merge' ? ownValue(MERGES, textOf(config['mode']) ?? '') : undefined;
  const className = merge ?? ownValue(CLASSES, given) ?? given;
  const { nb_row, nb_col, kernel_dim1, kernel_dim2, kernel_dim3, dim_ordering, forget_bias_init, ...rest } = config;
  const known = renamed(rest, ARGUMENTS, (argument) => has(className, argument));
  for (const [key, values] of Object.entries(NEUTRAL)) {
    if (!has(className, key) && (values.includes(known[key]) || (merge !== undefined && key === 'mode'))) {
      delete known[key];
    }
  }
  if (merge !== undefined) {
    // Modes that are names do not use these.
    for (const key of ['dot_axes', 'output_shape', 'output_mask', 'arguments']) delete known[key];
    if (!has(className, 'axis')) delete known['concat_axis'];
  }
  if (nb_row !== undefined) known['kernel_size'] = [nb_row, nb_col];
  if (kernel_dim1 !== undefined) known['kernel_size'] = [kernel_dim1, kernel_dim2, kernel_dim3];
  if (dim_ordering !== undefined) {
    known['data_format'] = ownValue(DATA_FORMATS, textOf(dim_ordering) ?? '') ?? dim_ordering;
  }
  if (forget_bias_init !== undefined) {
    const starts = ownValue(FORGET_BIASES, textOf(forget_bias_init) ?? '');
    known[starts === undefined ? 'forget_bias_init' : 'unit_forget_bias'] = starts ?? forget_bias_init;
  }
  return { className, config: Object.fromEntries(Object.entries(known).map(([key, each]) => [key, withClass(each)])) };
}

/** `{ "name": "WeightRegularizer", "l1": 0, "l2": 0.01 }` as class and configuration. */
function withClass(value: Json): Json {
  const object = objectOf(value);
  const name = textOf(object?.['name']);
  if (object === null || name === null || 'class_name' in object) return value;
  const { name: _name, m, ...config } = object;
  const className = /Regularizer$/.test(name) ? 'L1L2' : name;
  return { class_name: className, config: m === undefined ? config : { ...config, max_value: m } };
}
