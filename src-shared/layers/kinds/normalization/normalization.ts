import type { JsonValue } from '../../../document/schema/model-document.ts';
import { showShape } from '../../../program/language/shape.ts';
import type { LayerDefinition, PixelRange } from '../../definition/layer.ts';
import { numberOf } from '../../parameters/number.ts';

/** Keras's `backend.epsilon()`: the least standard deviation. */
const EPSILON = 1e-7;

/**
 * Keras's Normalization. Without given statistics it takes those of the training rows, which the
 * compiler puts in their place (`compiler/forward/adapt-normalization.ts`), as Keras's `adapt` does.
 */
export const normalization: LayerDefinition = {
  kind: 'Normalization',
  family: 'core',
  otherNames: ['standardize', 'z-score', 'scaler'],
  description: 'Gives each value of the last axis mean 0 and variance 1 over the training rows.',
  formula: '(x - mean) / max(√variance, 1e-7)',
  inputs: { min: 1, max: 1 },
  mask: 'keep',
  traits: {
    linear: 'map',
    adapts: ({ mean, variance }) => mean == null && variance == null,
    pixelsExpected: ({ mean, variance, invert }) => (invert === true ? null : pixelsWith(mean, variance)),
  },
  parameters: [
    {
      name: 'mean',
      label: 'Mean',
      help: 'One number, or one for each value of the last axis; right after an Input it is taken from the training rows.',
      default: null,
      type: { kind: 'numbers', min: -1e9, max: 1e9, maxLength: 10_000, emptyMeans: 'from training rows' },
    },
    {
      name: 'variance',
      label: 'Variance',
      help: 'As the mean; both are given, or neither.',
      default: null,
      type: { kind: 'numbers', min: 0, max: 1e9, maxLength: 10_000, emptyMeans: 'from training rows' },
    },
    {
      name: 'invert',
      label: 'Invert',
      help: 'Turns normalized values back: x · √variance + mean.',
      default: false,
      type: { kind: 'boolean' },
      advanced: true,
    },
  ],
  keras: {
    named: true,
    read({ axis = -1, ...config }, rank) {
      const axes = [axis ?? []].flat();
      const isLast = axes.length === 1 && (axes[0] === -1 || (rank !== null && axes[0] === rank - 1));
      // One number for all values needs no axis.
      const isOne = axes.length === 0 && typeof config['mean'] === 'number';
      return isLast || isOne ? config : { ...config, axis: axes };
    },
    write(params, name) {
      if (params['mean'] != null) return {};
      const adapt = `model.get_layer(${JSON.stringify(name)}).adapt(x)`;
      return { note: `'${name}' takes mean and variance from the training rows x, before training: ${adapt}` };
    },
  },
  summarize: ({ mean, invert }) => `${mean === null ? 'from data' : 'given'}${invert === true ? ', inverse' : ''}`,
  check: ({ mean, variance }, [shape]) => {
    if ((mean === null) !== (variance === null))
      return 'needs mean and variance, or neither; received one. Give the other.';
    if (mean === null) {
      return 'needs mean and variance, or to stand right after an Input, whose training rows it measures. Give both, or move it there.';
    }
    const size = shape!.at(-1);
    const misfit = [mean, variance].find((values) => Array.isArray(values) && values.length !== size);
    if (misfit === undefined || !Array.isArray(misfit)) return null;
    return `needs one number, or one for each of the last axis of ${showShape(shape!)}; received ${misfit.length}. Give ${String(size)}.`;
  },
  emit: ({ builder, params, inputs }) => {
    const vector = (values: readonly number[]) => builder.constant('float32', [values.length], values);
    const mean = vector(numbersOf(params['mean']));
    const deviation = vector(numbersOf(params['variance']).map((value) => Math.max(Math.sqrt(value), EPSILON)));
    const x = inputs[0]!;
    if (params['invert'] === true) return builder.add(builder.multiply(x, deviation), mean);
    return builder.divide(builder.subtract(x, mean), deviation);
  },
};

function numbersOf(value: JsonValue | undefined): number[] {
  return Array.isArray(value) ? value.map(numberOf) : [numberOf(value)];
}

/** The range of pixels with this mean and variance; null: they are standardized, or no pixels. */
function pixelsWith(mean: JsonValue | undefined, variance: JsonValue | undefined): PixelRange | null {
  const isNumber = (value: JsonValue): value is number => typeof value === 'number';
  const [means, variances] = [mean, variance].map((given) => [given ?? []].flat().filter(isNumber));
  const largest = Math.max(...means!);
  const deviation = Math.sqrt(Math.max(...variances!));
  if (means!.length === 0 || variances!.length === 0 || Math.min(...means!) < 0 || largest > 255) return null;
  if (largest > 1) return 'bytes';
  return largest > 0.05 && deviation <= 0.5 ? 'unit' : null;
}
