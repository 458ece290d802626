import type { ProgramBuilder } from '../../../program/builder/builder.ts';
import type { ValueId } from '../../../program/language/types.ts';

export type Interpolation = 'bilinear' | 'nearest' | 'bicubic' | 'lanczos3' | 'lanczos5';

interface Filter {
  /** Beyond this distance, in pixels, the weight is 0. */
  readonly radius: number;
  /** @param distance In pixels, not negative. */
  weight(distance: number): number;
}

const lanczos = (radius: number): Filter => ({
  radius,
  weight(distance) {
    if (distance > radius) return 0;
    if (distance <= 1e-3) return 1;
    const angle = Math.PI * distance;
    return (radius * Math.sin(angle) * Math.sin(angle / radius)) / angle ** 2;
  },
});

const FILTERS = {
  bilinear: { radius: 1, weight: (distance) => Math.max(0, 1 - distance) },
  bicubic: { radius: 2, weight: cubic },
  lanczos3: lanczos(3),
  lanczos5: lanczos(5),
} satisfies Record<Exclude<Interpolation, 'nearest'>, Filter>;

/** Keys's cubic function, a = -0.5. */
function cubic(distance: number): number {
  if (distance >= 2) return 0;
  if (distance >= 1) return ((-0.5 * distance + 2.5) * distance - 4) * distance + 2;
  return (1.5 * distance - 2.5) * distance * distance + 1;
}

/** TensorFlow reads bicubic weights from a table with this number of distances per pixel. */
const BICUBIC_STEPS = 1024;

/**
 * Images of another size. Each axis is a product with a constant matrix; see `resizingWeights`.
 * @param x [N, H, W, C].
 * @returns [N, height, width, C].
 */
export function resized(
  b: ProgramBuilder,
  x: ValueId,
  [height, width]: readonly [number, number],
  interpolation: Interpolation,
  antialias = false,
): ValueId {
  const [batch, rows, columns, channels] = b.shapeOf(x);
  const onLastAxis = (value: ValueId, from: number, to: number): ValueId => {
    const weights = resizingWeights(from, to, interpolation, antialias);
    // [from, to]: one column for each new pixel.
    const matrix = Array.from({ length: from }, (_, i) => weights.map((row) => row[i]!)).flat();
    const product = b.matMul(b.reshape(value, [null, from]), b.constant('float32', [from, to], matrix));
    return b.reshape(product, [...b.shapeOf(value).slice(0, -1), to]);
  };
  let value = x;
  if (columns !== width) {
    const wide = onLastAxis(b.transpose(value, [0, 1, 3, 2]), columns!, width);
    value = b.transpose(wide, [0, 1, 3, 2]);
  }
  if (rows !== height) {
    const high = onLastAxis(b.transpose(value, [0, 2, 3, 1]), rows!, height);
    value = b.transpose(high, [0, 3, 1, 2]);
  }
  return b.reshape(value, [batch!, height, width, channels!]);
}

/**
 * Weights of the old pixels of an axis in each new pixel, [to][from], as TensorFlow's resize has them: pixel i is at
 * i + 0.5, positions are float32.
 * Source: tensorflow/core/kernels/image/{resize_bilinear_op,resize_bicubic_op,scale_and_translate_op}.cc.
 */
function resizingWeights(
  from: number,
  to: number,
  interpolation: Interpolation,
  antialias: boolean,
): readonly (readonly number[])[] {
  const scale = Math.fround(from / to);
  return Array.from({ length: to }, (_, pixel) => {
    const centre = Math.fround((pixel + 0.5) * scale);
    if (interpolation === 'nearest') return oneAt(from, Math.min(Math.floor(centre), from - 1));
    if (!antialias && interpolation === 'bilinear') return bilinear(from, Math.fround(centre - 0.5));
    if (!antialias && interpolation === 'bicubic') return bicubic(from, Math.fround(centre - 0.5));
    const stretch = antialias ? Math.max(scale, 1) : 1;
    const { radius, weight } = FILTERS[interpolation];
    const distances = Array.from({ length: from }, (__, i) => Math.abs(i + 0.5 - centre) / stretch);
    return normalized(distances.map((distance) => (distance > radius ? 0 : weight(distance))));
  });
}

function oneAt(length: number, index: number): number[] {
  return new Array<number>(length).fill(0).with(index, 1);
}

/** Outside the outermost centres their pixels are used. */
function bilinear(length: number, position: number): number[] {
  const inside = Math.min(Math.max(position, 0), length - 1);
  return Array.from({ length }, (_, i) => Math.max(0, 1 - Math.abs(i - inside)));
}

function bicubic(length: number, position: number): number[] {
  const lower = Math.floor(position);
  const rest = Math.round((position - lower) * BICUBIC_STEPS) / BICUBIC_STEPS;
  return normalized(Array.from({ length }, (_, i) => cubic(Math.abs(i - lower - rest))));
}

function normalized(weights: readonly number[]): number[] {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

/** A rectangle of pixels. */
export interface Crop {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

/** The largest centred rectangle of an image with the proportions of the target, in whole pixels. */
export function centredCrop(
  [rows, columns]: readonly [number, number],
  [height, width]: readonly [number, number],
): Crop {
  const cropHeight = Math.max(Math.min(rows, Math.trunc((columns * height) / width)), 1);
  const cropWidth = Math.max(Math.min(columns, Math.trunc((rows * width) / height)), 1);
  return {
    top: Math.trunc((rows - cropHeight) / 2),
    left: Math.trunc((columns - cropWidth) / 2),
    height: cropHeight,
    width: cropWidth,
  };
}

export function cropped(b: ProgramBuilder, x: ValueId, { top, left, height, width }: Crop): ValueId {
  return b.slice(x, [0, top, left, 0], [-1, height, width, -1]);
}

/** Resizes without distortion: crops to the proportions of the target first. As Keras's `smart_resize`. */
export function croppedAndResized(
  b: ProgramBuilder,
  x: ValueId,
  size: readonly [number, number],
  interpolation: Interpolation = 'bilinear',
  antialias = false,
): ValueId {
  const [, rows, columns] = b.shapeOf(x);
  return resized(b, cropped(b, x, centredCrop([rows!, columns!], size)), size, interpolation, antialias);
}
