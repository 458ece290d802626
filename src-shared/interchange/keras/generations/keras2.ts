import { camel } from '../../../layers/parameters/keras-value.ts';
import { ownValue } from '../../../text/own-value.ts';
import { objectOf, textOf } from './unchecked-json.ts';
import type { Json } from './unchecked-json.ts';
import type { KerasVersion } from './version.ts';
import { renamed } from './generation.ts';
import type { ConfiguredLayer } from './generation.ts';

/** Translates the classes, arguments, defaults and functions of Keras 2, tf.keras and TF.js to those of Keras 3. */

/** Classes that are other layers of Keras 3, with these arguments. */
const CLASSES: Readonly<Record<string, { readonly className: string; readonly config?: ConfiguredLayer['config'] }>> = {
  CuDNNLSTM: { className: 'LSTM', config: { activation: 'tanh', recurrent_activation: 'sigmoid' } },
  CuDNNGRU: { className: 'GRU', config: { activation: 'tanh', recurrent_activation: 'sigmoid', reset_after: true } },
  UnifiedLSTM: { className: 'LSTM' },
  UnifiedGRU: { className: 'GRU' },
  SyncBatchNormalization: { className: 'BatchNormalization' },
  ThresholdedReLU: { className: 'ReLU', config: { max_value: null, negative_slope: 0 } },
};

const ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
  alpha: ['alpha', 'negative_slope'],
  theta: ['threshold'],
  causal: ['use_causal_mask'],
};

/** Arguments where one number is both limits. Keras 3 sets the lower limit to 0 then. */
const BOTH_LIMITS: Readonly<Record<string, string>> = { RandomContrast: 'factor' };

/** Keras 3 has a different function with this name. */
const HARD_SIGMOID = { formula: 'clip(0.2 * x + 0.5, 0, 1)' };

/** @param has Whether a class of the catalog has an argument. */
export function fromKeras2(
  { className: given, config }: ConfiguredLayer,
  { minor, text }: KerasVersion,
  has: (className: string, argument: string) => boolean,
  isKnown: (className: string) => boolean,
): ConfiguredLayer {
  const { className, config: fixed = {} } = ownValue(CLASSES, given) ?? { className: withoutVersion(given, isKnown) };
  const arguments_: Record<string, Json> = {
    ...fixed,
    ...renamed(config, ARGUMENTS, (argument) => has(className, argument)),
  };
  // Depthwise and separable layers inherited these and did not use them.
  if (has(className, 'depthwise_initializer')) {
    for (const key of ['kernel_initializer', 'kernel_regularizer', 'kernel_constraint']) delete arguments_[key];
  }
  const limits = ownValue(BOTH_LIMITS, className);
  if (limits !== undefined && typeof arguments_[limits] === 'number') {
    arguments_[limits] = [arguments_[limits], arguments_[limits]];
  }
  // Keras before 2.4 and TF.js reset the state before the product; a file without a version may be older.
  const isTensorFlow = text !== null && (text.endsWith('-tf') || (minor >= 4 && !text.startsWith('tfjs')));
  if (!isTensorFlow && has(className, 'reset_after')) arguments_['reset_after'] ??= false;
  const isOlder = minor < 3 && !isTensorFlow;
  if (isOlder && has(className, 'recurrent_activation')) arguments_['recurrent_activation'] ??= 'hard_sigmoid';
  for (const key of ['activation', 'recurrent_activation']) {
    if (key in arguments_) arguments_[key] = activationOfToday(arguments_[key]);
  }
  return { className, config: arguments_ };
}

/** 'BatchNormalizationV2': the same layer in the API of TensorFlow 2. */
function withoutVersion(className: string, isKnown: (className: string) => boolean): string {
  const [, name] = /^(.+?)_?V[12]$/.exec(className) ?? [];
  return name !== undefined && isKnown(name) ? name : className;
}

function activationOfToday(value: Json): Json {
  const config: Json = objectOf(value)?.['config'];
  const name =
    textOf(value) ??
    textOf(config) ??
    textOf(objectOf(config)?.['activation']) ??
    textOf(objectOf(value)?.['class_name']);
  return name !== null && camel(name).replace(/^H/, 'h') === 'hardSigmoid' ? HARD_SIGMOID : value;
}
