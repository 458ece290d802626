import type { JsonValue } from '../../document/schema/model-document.ts';
import type { Fit } from '../fit.ts';
import type { Sketch } from '../sketch.ts';
import { conv, hidden, TemplateBuilder } from './template.ts';
import type { SketchTemplate } from './template.ts';

const INPUT = 'input';

/** Sizes divisible by this can be halved twice and doubled back exactly. */
const SIZE_DIVISOR = 4;

export const autoencoder: SketchTemplate = {
  id: 'autoencoder',
  title: 'Autoencoder',
  description:
    'Encodes its input into a few values and reconstructs it: finds structure, and rows that are unlike the others.',
  unsuited: needsValues,
  build: (fit) => encodeAndDecode(fit),
};

/** Source: Vincent et al., ICML (2008). */
export const denoisingAutoencoder: SketchTemplate = {
  id: 'denoising-autoencoder',
  title: 'Denoising autoencoder',
  description: 'An autoencoder with noise on its input in training, so that it learns how values depend on each other.',
  unsuited: needsValues,
  build: (fit) => encodeAndDecode(fit, { kind: 'GaussianNoise', params: { stddev: 0.2 } }),
};

function needsValues({ inputShape }: Fit): string | null {
  if (inputShape === null) return 'Choose data first: the output has the shape of its rows.';
  if (inputShape.length === 1) return inputShape[0]! > 1 ? null : 'For several values; this data has one.';
  return inputShape.length === 3 ? null : 'For tables and images; this data has another shape.';
}

/** @param noise Layer after the input that is active only in training. */
function encodeAndDecode(
  fit: Fit,
  noise?: { readonly kind: string; readonly params: Record<string, JsonValue> },
): Sketch {
  const sketch = new TemplateBuilder(fit);
  const shape = fit.inputShape!;
  sketch.add('Input', {}, undefined, INPUT);
  if (noise !== undefined) sketch.add(noise.kind, noise.params);
  const [height, width] = shape;
  if (shape.length === 1) throughRows(sketch, shape[0]!, 'linear');
  else if (height! % SIZE_DIVISOR === 0 && width! % SIZE_DIVISOR === 0) throughMaps(sketch, shape[2]!);
  else {
    sketch.add('Flatten');
    throughRows(sketch, shape[0]! * shape[1]! * shape[2]!, 'sigmoid');
    sketch.add('Reshape', { targetShape: [...shape] });
  }
  sketch.add('Output', { reproduces: INPUT });
  return sketch.layers;
}

/** Dense layers with 1/2 (at most 128), 1/4 (at most 32), 1/2 and all of the values. */
function throughRows(sketch: TemplateBuilder, values: number, activation: 'linear' | 'sigmoid'): void {
  const half = Math.min(128, Math.ceil(values / 2));
  sketch.add('Dense', hidden(half));
  sketch.add('Dense', hidden(Math.min(32, Math.ceil(values / 4))), undefined, 'code');
  sketch.add('Dense', hidden(half));
  sketch.add(
    'Dense',
    activation === 'linear' ? { units: values } : { units: values, activation },
    undefined,
    'decoded',
  );
}

/** Two convolutions that halve height and width, and two transposed ones that double them. */
function throughMaps(sketch: TemplateBuilder, channels: number): void {
  sketch.add('Conv2D', conv(16));
  sketch.add('MaxPooling2D');
  sketch.add('Conv2D', conv(8));
  sketch.add('MaxPooling2D', {}, undefined, 'code');
  for (const filters of [8, 16]) sketch.add('Conv2DTranspose', { ...conv(filters), strides: [2, 2] });
  const last = { filters: channels, kernelSize: [3, 3], padding: 'same', activation: 'sigmoid' };
  sketch.add('Conv2D', last, undefined, 'decoded');
}
