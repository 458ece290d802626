import type { FittedColumn } from '../../../src-shared/data/prepared.ts';
import { elementCount } from '../../../src-shared/program/language/shape.ts';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import { countBytes, summarize, summarizeBytes, type Summary } from '../tables/statistics.ts';
import { pictureAt, type ImageColumn } from '../tables/table.ts';
import { isMissingCell } from '../tables/values.ts';
import type { ColumnCodec, GivenCell } from './column-codec.ts';
import { badValue } from './column-errors.ts';
import { BINS, describeNumbers, nothing } from './describe-numbers.ts';
import { scalingDifference, scalingOf } from './scaling.ts';

type Fitted = Extract<FittedColumn, { type: 'image' }>;

/** Pixels that are counted between two pauses: about 10 ms. */
const BYTES_AT_ONCE = 2 ** 23;

export const image: ColumnCodec<ImageColumn, Fitted> = {
  kind: 'image',
  isMissing: (data, row) => pictureAt(data, row) < 0,
  cellAt(data, row) {
    const picture = pictureAt(data, row);
    return picture < 0 ? null : Array.from(pixelsAt(data, picture));
  },
  store: ({ kind, name, shape, pixels, pictures, settings }) => ({
    header: { kind, name, shape, bytes: pixels instanceof Uint8Array, settings },
    parts: { pixels, ...(pictures === null ? {} : { pictures }) },
  }),
  restore(header, { pixels, pictures }) {
    if (pixels === undefined) return null;
    const { bytes, ...facts } = header as Omit<ImageColumn, 'pixels' | 'pictures'> & { readonly bytes: boolean };
    return {
      ...facts,
      pixels: bytes ? pixels : new Float32Array(pixels.buffer),
      pictures: pictures === undefined ? null : new Int32Array(pictures.buffer),
    };
  },
  convert: () => null,

  /** Describes all pixels of all pictures, each once. */
  async describe({ pixels, pictures, shape }, pause) {
    const missing = pictures === null ? 0 : pictures.filter((picture) => picture < 0).length;
    if (!(pixels instanceof Uint8Array)) {
      return { ...(await describeNumbers(Float64Array.from(pixels), pause)), missing };
    }
    if (pixels.length === 0) return { ...nothing, missing };
    const size = elementCount(shape);
    const all = Int32Array.from({ length: pixels.length / size }, (_, picture) => picture);
    const atOnce = Math.max(1, Math.floor(BYTES_AT_ONCE / size));
    const counts = new Float64Array(256);
    for (let start = 0; start < all.length; start += atOnce) {
      await pause();
      countBytes(pixels, all.subarray(start, start + atOnce), size).forEach(
        (count, value) => (counts[value]! += count),
      );
    }
    const summary = summarizeBytes(counts);
    const range = summary.max - summary.min || 1;
    const histogram = new Array<number>(BINS).fill(0);
    counts.forEach((count, value) => {
      const bin = Math.floor(((value - summary.min) / range) * BINS);
      if (count > 0) histogram[Math.min(BINS - 1, bin)]! += count;
    });
    return { ...summary, missing, distinct: counts.filter((count) => count > 0).length, histogram, categories: [] };
  },
  isConsecutive: () => false,
  strata: (_, rows) => new Uint32Array(rows.length),
  isOneOf: () => null,
  fulfils: ({ name }) => `expected a numeric or categorical column; '${name}' has images`,
  atRows: (data, rows) => ({ ...data, pictures: rows.map((row) => pictureAt(data, row)) }),
  mixed(data, count, rowOf) {
    const size = elementCount(data.shape);
    const pixels = emptyPixels(data, count);
    for (let example = 0; example < count; example++) {
      for (let pixel = 0; pixel < size; pixel++) {
        const picture = pictureAt(data, rowOf(example, pixel));
        pixels[example * size + pixel] = data.pixels[picture * size + pixel]!;
      }
    }
    return { ...data, pixels, pictures: null };
  },
  turned(data, rows, quarterTurns) {
    const places = new Map<number, number>();
    const pictures = rows.map((row, example) => {
      const key = pictureAt(data, row) * 4 + quarterTurns[example]!;
      const place = places.get(key) ?? places.size;
      places.set(key, place);
      return place;
    });
    const pixels = emptyPixels(data, places.size);
    const turns = [0, 1, 2, 3].map((turn) => turnedPixels(data, turn));
    const channels = data.shape[2];
    for (const [key, place] of places) {
      const from = pixelsAt(data, key >> 2);
      const start = place * from.length;
      turns[key & 3]!.forEach((pixel, to) => {
        for (let channel = 0; channel < channels; channel++) {
          pixels[start + to * channels + channel] = from[pixel * channels + channel]!;
        }
      });
    }
    return { ...data, pixels, pictures };
  },

  fit(column, data, { rows }) {
    const summary = column.scaling === 'none' || column.scaling === 'unit' ? null : summarizePixels(data, rows);
    const picture = data.settings === undefined ? {} : { picture: data.settings };
    return { type: 'image', name: column.name, shape: [...data.shape], ...scalingOf(column, summary), ...picture };
  },
  asFitted: (column, { picture }) => (picture === undefined ? column : { ...column, picture }),
  difference(before, after) {
    if (before.shape.join() === after.shape.join()) return scalingDifference(before, after);
    return `has images of ${after.shape.join(' × ')}, was ${before.shape.join(' × ')}`;
  },
  requireFit({ name, shape }, data) {
    if (data.kind === 'image' && data.shape.every((size, axis) => size === shape[axis])) return;
    const received = data.kind === 'image' ? data.shape.join(' × ') : data.kind;
    throw new AppError(
      'dataset/other-images',
      `Column '${name}': expected images of ${shape.join(' × ')} as in training; received ${received}. Restore the images, or train again.`,
      { column: name, expected: shape },
    );
  },
  isConstant: () => false,

  items: {
    count: (data) => data.pixels.length / elementCount(data.shape),
    at: pictureAt,
    equal: ([a, own], [b, other]) =>
      own.pixels === other.pixels && a.shape.join() === b.shape.join() && a.offset === b.offset && a.scale === b.scale,
    /** Bytes stay bytes [n, height, width, channels], with offset and scale; other pixels become float32. */
    encode({ shape: size, offset, scale }, data, pictures) {
      const pixels = pictures === null ? data.pixels : pixelsOfAll(data, pictures);
      const shape = [pixels.length / elementCount(data.shape), ...size];
      if (pixels instanceof Uint8Array) return { dtype: 'uint8', shape, data: pixels, offset, scale };
      return { dtype: 'float32', shape, data: pixels.map((pixel) => (pixel - offset) / scale) };
    },
  },
  encodeCell({ offset, scale }, cell, place, part) {
    pixelsOf(cell, part.length, place).forEach((pixel, i) => (part[i] = (pixel - offset) / scale));
    return null;
  },
  decode: ({ offset, scale }, encoded) => encoded.map((value) => value * scale + offset),
};

function pixelsAt(data: ImageColumn, picture: number): Uint8Array | Float32Array {
  const size = elementCount(data.shape);
  return data.pixels.subarray(picture * size, (picture + 1) * size);
}

function emptyPixels(data: ImageColumn, pictures: number): Uint8Array | Float32Array {
  const length = pictures * elementCount(data.shape);
  return data.pixels instanceof Uint8Array ? new Uint8Array(length) : new Float32Array(length);
}

/** @returns For each pixel of a square picture that is turned counter-clockwise, as by NumPy's `rot90`: which it was. */
function turnedPixels({ name, shape: [height, width] }: ImageColumn, quarterTurns: number): Int32Array {
  if (height !== width) {
    throw new AppError(
      'dataset/not-square',
      `Column '${name}': expected square pictures, whose quarter turns have the same size; received ${height} × ${width}. Choose a square size on the Data screen, or another target.`,
      { column: name, height, width },
    );
  }
  const last = width - 1;
  return Int32Array.from({ length: width * width }, (_, pixel) => {
    let [row, column] = [Math.floor(pixel / width), pixel % width];
    for (let turn = 0; turn < quarterTurns; turn++) [row, column] = [column, last - row];
    return row * width + column;
  });
}

function pixelsOfAll(data: ImageColumn, pictures: Int32Array): Uint8Array | Float32Array {
  const size = elementCount(data.shape);
  const pixels = emptyPixels(data, pictures.length);
  pictures.forEach((picture, i) => pixels.set(pixelsAt(data, picture), i * size));
  return pixels;
}

function summarizePixels(data: ImageColumn, rows: Int32Array): Summary {
  const size = elementCount(data.shape);
  const pictures = rows.map((row) => pictureAt(data, row));
  if (data.pixels instanceof Uint8Array) return summarizeBytes(countBytes(data.pixels, pictures, size));
  const values = new Float64Array(rows.length * size);
  pictures.forEach((picture, i) => values.set(pixelsAt(data, picture), i * size));
  return summarize(values);
}

function pixelsOf(cell: GivenCell, size: number, place: string): readonly number[] {
  if (!Array.isArray(cell)) {
    const received = isMissingCell(cell) ? 'nothing' : `'${cell}'`;
    throw badValue(place, `the path of a picture, or a list of ${size} pixels`, received);
  }
  if (cell.length !== size) throw badValue(place, `a list of ${size} pixels`, `${cell.length} values`);
  const bad = cell.findIndex((pixel) => !Number.isFinite(pixel));
  if (bad >= 0) throw badValue(place, 'finite pixels', `${cell[bad]} at position ${bad}`);
  return cell;
}
