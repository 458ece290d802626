import { imageShapeOf } from '../../../src-shared/data/columns/column.ts';
import type { PictureSettings } from '../../../src-shared/data/dataset-document.ts';
import type { Pixels } from './pixels.ts';

/** Fixed-point bits of the coefficients. */
const PRECISION = 22;

/** A part of a picture, in pixels. */
interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/**
 * Makes a picture an image of the given size.
 *
 * Bilinear with antialiasing: the triangle filter of Pillow's `Image.resize(size, BILINEAR)`, with its fixed-point
 * arithmetic, so that results are equal to the bit. Grey is computed before resizing, as Pillow's `convert('L')`.
 *
 * @returns Row-major [height, width, channels] with 3 channels, or 1 for grey.
 */
export function resizePicture(pixels: Pixels, settings: PictureSettings): Uint8Array {
  const { height, width, fit, colour } = settings;
  const [, , channels] = imageShapeOf(settings);
  const data = colour === 'grey' ? greyOf(pixels.data) : pixels.data;
  const source = { width: pixels.width, height: pixels.height };
  if (fit !== 'pad') {
    const box = fit === 'crop' ? cropBox(source, settings) : { left: 0, top: 0, ...source };
    return resample(data, source, channels, box, { width, height });
  }
  const factor = Math.min(width / source.width, height / source.height);
  const inner = {
    width: Math.min(width, Math.max(1, Math.round(source.width * factor))),
    height: Math.min(height, Math.max(1, Math.round(source.height * factor))),
  };
  const resized = resample(data, source, channels, { left: 0, top: 0, ...source }, inner);
  const result = new Uint8Array(width * height * channels);
  const left = Math.floor((width - inner.width) / 2);
  const top = Math.floor((height - inner.height) / 2);
  const rowBytes = inner.width * channels;
  for (let y = 0; y < inner.height; y++) {
    result.set(resized.subarray(y * rowBytes, (y + 1) * rowBytes), ((top + y) * width + left) * channels);
  }
  return result;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** The largest centered part with the target's aspect ratio, as Keras's `load_img`. */
function cropBox(source: Size, target: Size): Box {
  const width = Math.max(1, Math.min(source.width, Math.floor((source.height * target.width) / target.height)));
  const height = Math.max(1, Math.min(source.height, Math.floor((source.width * target.height) / target.width)));
  return {
    left: Math.floor((source.width - width) / 2),
    top: Math.floor((source.height - height) / 2),
    width,
    height,
  };
}

/** ITU-R 601-2 luma of RGB pixels. */
function greyOf(rgb: Uint8Array): Uint8Array {
  const grey = new Uint8Array(rgb.length / 3);
  for (let i = 0; i < grey.length; i++) {
    grey[i] = (rgb[3 * i]! * 19595 + rgb[3 * i + 1]! * 38470 + rgb[3 * i + 2]! * 7471 + 0x8000) >> 16;
  }
  return grey;
}

/** Horizontal pass, then vertical pass; each rounds to bytes. */
function resample(data: Uint8Array, source: Size, channels: number, box: Box, target: Size): Uint8Array {
  const across = coefficients(source.width, box.left, box.width, target.width);
  const down = coefficients(source.height, box.top, box.height, target.height);
  // Only these rows are needed by the vertical pass.
  const firstRow = down === null ? box.top : down.starts[0]!;
  const lastRow = down === null ? box.top + box.height : down.starts.at(-1)! + down.counts.at(-1)!;
  const rows = lastRow - firstRow;
  let wide: Uint8Array;
  if (across === null) wide = data.subarray(firstRow * source.width * channels, lastRow * source.width * channels);
  else {
    wide = new Uint8Array(rows * target.width * channels);
    for (let y = 0; y < rows; y++) {
      const row = (firstRow + y) * source.width * channels;
      for (let x = 0; x < target.width; x++) {
        const { start, count, first } = tapsOf(across, x);
        for (let channel = 0; channel < channels; channel++) {
          let sum = 1 << (PRECISION - 1);
          for (let tap = 0; tap < count; tap++) {
            sum += data[row + (start + tap) * channels + channel]! * across.weights[first + tap]!;
          }
          wide[(y * target.width + x) * channels + channel] = Math.min(255, sum >> PRECISION);
        }
      }
    }
  }
  if (down === null) return wide.slice();
  const rowLength = target.width * channels;
  const result = new Uint8Array(target.height * rowLength);
  for (let y = 0; y < target.height; y++) {
    const { start, count, first } = tapsOf(down, y);
    for (let x = 0; x < rowLength; x++) {
      let sum = 1 << (PRECISION - 1);
      for (let tap = 0; tap < count; tap++) {
        sum += wide[(start - firstRow + tap) * rowLength + x]! * down.weights[first + tap]!;
      }
      result[y * rowLength + x] = Math.min(255, sum >> PRECISION);
    }
  }
  return result;
}

/** For each output position the input positions that it averages, with fixed-point weights. */
interface Coefficients {
  readonly starts: Int32Array;
  readonly counts: Int32Array;
  /** Weights of output i start at i * taps. */
  readonly taps: number;
  readonly weights: Int32Array;
}

function tapsOf(
  { starts, counts, taps }: Coefficients,
  index: number,
): { start: number; count: number; first: number } {
  return { start: starts[index]!, count: counts[index]!, first: index * taps };
}

/**
 * @param size Length of the source axis; the filter may read it outside of the box.
 * @returns Null: the axis does not change.
 */
function coefficients(size: number, boxStart: number, boxLength: number, target: number): Coefficients | null {
  if (boxStart === 0 && boxLength === size && target === size) return null;
  const scale = boxLength / target;
  const support = Math.max(1, scale);
  const taps = Math.ceil(support) * 2 + 1;
  const starts = new Int32Array(target);
  const counts = new Int32Array(target);
  const weights = new Int32Array(target * taps);
  for (let i = 0; i < target; i++) {
    const center = boxStart + (i + 0.5) * scale;
    const start = Math.max(0, Math.trunc(center - support + 0.5));
    const count = Math.min(size, Math.trunc(center + support + 0.5)) - start;
    starts[i] = start;
    counts[i] = count;
    const exact = Array.from({ length: count }, (_, tap) => {
      return Math.max(0, 1 - Math.abs((tap + start - center + 0.5) * (1 / support)));
    });
    const total = exact.reduce((sum, weight) => sum + weight, 0);
    exact.forEach((weight, tap) => {
      weights[i * taps + tap] = Math.trunc(0.5 + (weight / total) * 2 ** PRECISION);
    });
  }
  return { starts, counts, taps, weights };
}
