import type { JsonValue } from '../../../document/schema/model-document.ts';
import type { ProgramBuilder } from '../../../program/builder/builder.ts';
import type { ValueId } from '../../../program/language/types.ts';
import { numberOf } from '../../parameters/number.ts';
import type { ParameterSpec } from '../../parameters/parameter-spec.ts';
import { fillValueParameter, interpolationParameter } from './image-parameters.ts';

/** Parameters of layers that read pixels between and outside those of an image. */
export const samplingParameters: readonly ParameterSpec[] = [
  {
    name: 'fillMode',
    label: 'Outside',
    help: 'Pixels outside the image. Reflect: d c b a | a b c d | d c b a. Nearest: a a | a b c d | d d. Wrap: a b c d | a b c d.',
    default: 'reflect',
    type: {
      kind: 'choice',
      options: [
        { value: 'reflect', label: 'Reflect' },
        { value: 'nearest', label: 'Nearest' },
        { value: 'wrap', label: 'Wrap' },
        { value: 'constant', label: 'Constant' },
      ],
    },
  },
  fillValueParameter('Outside value', 'Value of the pixels outside, where they are constant.'),
  {
    ...interpolationParameter('Bilinear goes evenly from one pixel to the next; nearest copies the closest one.'),
    advanced: true,
  },
];

/** Columns [1, 1, W] and rows [1, H, 1] of the pixels of images [N, H, W, C]. */
export function pixelPositions(b: ProgramBuilder, x: ValueId): { columns: ValueId; rows: ValueId } {
  const [, height, width] = b.shapeOf(x);
  const range = (length: number): number[] => Array.from({ length }, (_, i) => i);
  return {
    columns: b.constant('float32', [1, 1, width!], range(width!)),
    rows: b.constant('float32', [1, height!, 1], range(height!)),
  };
}

/** Indices of the rows of an image, int32 [1, H, 1]. */
function rowRange(b: ProgramBuilder, height: number): ValueId {
  return b.constant(
    'int32',
    [1, height, 1],
    Array.from({ length: height }, (_, i) => i),
  );
}

/** A pixel on one axis that is read: its index, int32, and its share, float32. Both broadcast to [N, H, W]. */
interface Tap {
  readonly index: ValueId;
  /** Null: 1. 0 outside the image. */
  readonly share: ValueId | null;
}

/**
 * Images [N, H, W, C] read at other positions, float32 that broadcast to [N, H, W].
 * Source: TensorFlow, tensorflow/core/kernels/image/image_ops.h (ImageProjectiveTransformV3).
 * @param params Checked `samplingParameters`.
 */
export function sampled(
  b: ProgramBuilder,
  x: ValueId,
  at: { readonly columns: ValueId; readonly rows: ValueId },
  params: Readonly<Record<string, JsonValue>>,
): ValueId {
  const [, height, width, channels] = b.shapeOf(x);
  const isConstant = params['fillMode'] === 'constant';
  const axis = (position: ValueId, size: number): Tap[] => {
    const inside = insideOf(b, position, size, params['fillMode']);
    return params['interpolation'] === 'nearest'
      ? [closest(b, inside, size, isConstant)]
      : neighbours(b, inside, size, isConstant);
  };
  const [ofRows, ofColumns] = [axis(at.rows, height!), axis(at.columns, width!)];
  const images = b.reshape(b.plain('rowIndices', x), [null, 1, 1]);
  const whole = (value: number): ValueId => b.constant('int32', [], [value]);
  /** Index among the rows of all images. */
  const lineOf = (row: ValueId): ValueId => b.add(b.multiply(images, whole(height!)), row);
  const shared = (value: ValueId, share: ValueId | null): ValueId =>
    share === null ? value : b.multiply(value, b.reshape(share, [...b.shapeOf(share), 1]));
  const total = (values: readonly ValueId[]): ValueId => values.reduce((sum, value) => b.add(sum, value));
  const columnsOf = (value: ValueId, line: ValueId): ValueId => {
    const pixels = b.reshape(value, [null, channels!]);
    const first = b.multiply(line, whole(width!));
    return total(ofColumns.map(({ index, share }) => shared(b.gather(pixels, b.add(first, index), 0), share)));
  };
  const rowOf = (row: ValueId): ValueId => {
    const lines = b.reshape(x, [null, width! * channels!]);
    return b.reshape(b.gather(lines, b.reshape(lineOf(row), [null, height!]), 0), b.shapeOf(x));
  };
  // A row that is the same for all columns is read as a whole, which takes half the time.
  const isWhole = b.shapeOf(at.rows)[2] === 1;
  const result = isWhole
    ? columnsOf(total(ofRows.map(({ index, share }) => shared(rowOf(index), share))), lineOf(rowRange(b, height!)))
    : total(ofRows.map(({ index, share }) => shared(columnsOf(x, lineOf(index)), share)));
  const fill = numberOf(params['fillValue']);
  if (!isConstant || fill === 0) return result;
  const shares = (taps: readonly Tap[]): ValueId => total(taps.map(({ share }) => share!));
  const outside = b.subtract(b.scalar(1), b.multiply(shares(ofRows), shares(ofColumns)));
  return b.add(result, b.multiply(b.reshape(outside, [...b.shapeOf(outside), 1]), b.scalar(fill)));
}

/** The position in the image that is read for any position on an axis; with a constant fill, the position itself. */
function insideOf(b: ProgramBuilder, position: ValueId, size: number, fillMode: JsonValue | undefined): ValueId {
  const clamped = (value: ValueId): ValueId =>
    b.plain('maximum', b.plain('minimum', value, b.scalar(size - 1)), b.scalar(0));
  const wholeParts = (value: ValueId, of: number): ValueId => b.plain('floor', b.divide(value, b.scalar(of)));
  const times = (value: ValueId, factor: number): ValueId => b.multiply(value, b.scalar(factor));
  if (fillMode === 'constant') return position;
  // An axis of one pixel: clamping gives this pixel.
  if (fillMode === 'nearest' || size === 1) return clamped(position);
  if (fillMode === 'reflect') {
    const period = 2 * size;
    const forth = b.subtract(position, times(wholeParts(position, period), period));
    return clamped(b.plain('minimum', forth, b.subtract(b.scalar(period - 1), forth)));
  }
  const before = times(b.add(wholeParts(b.plain('negative', position), size - 1), b.scalar(1)), size);
  const after = times(wholeParts(position, size - 1), size);
  const above = b.select(b.plain('greater', position, b.scalar(size - 1)), b.subtract(position, after), position);
  return clamped(b.select(b.plain('less', position, b.scalar(0)), b.add(position, before), above));
}

/** Both pixels around a position. */
function neighbours(b: ProgramBuilder, position: ValueId, size: number, isConstant: boolean): Tap[] {
  const lower = b.plain('floor', position);
  const rest = b.subtract(position, lower);
  return [
    tap(b, lower, b.subtract(b.scalar(1), rest), size, isConstant),
    tap(b, b.add(lower, b.scalar(1)), rest, size, isConstant),
  ];
}

/** The pixel next to a position; of two, the one farther from 0. */
function closest(b: ProgramBuilder, position: ValueId, size: number, isConstant: boolean): Tap {
  const distance = b.plain('floor', b.add(b.plain('abs', position), b.scalar(0.5)));
  return tap(b, b.multiply(b.plain('sign', position), distance), null, size, isConstant);
}

function tap(b: ProgramBuilder, index: ValueId, share: ValueId | null, size: number, isConstant: boolean): Tap {
  const inside = b.plain('maximum', b.plain('minimum', index, b.scalar(size - 1)), b.scalar(0));
  const whole = b.cast(inside, 'int32');
  if (!isConstant) return { index: whole, share };
  const counts = b.cast(b.plain('equal', inside, index), 'float32');
  return { index: whole, share: share === null ? counts : b.multiply(share, counts) };
}
