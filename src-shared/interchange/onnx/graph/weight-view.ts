import { sizeOf } from './onnx-model.ts';
import type { Numbers } from './onnx-model.ts';

/** Values of a tensor in another arrangement: the value at an index is the sum over `terms`. */
export interface WeightView {
  readonly shape: readonly number[];
  readonly terms: readonly WeightTerm[];
}

interface WeightTerm {
  /** Row-major. */
  readonly values: () => Numbers;
  /** For each axis and each index along it, its part of the position in the values. */
  readonly offsets: readonly (readonly number[])[];
  readonly factor: number;
}

/** Elements that are written at a time. */
const CHUNK = 2 ** 20;

export function viewOf({ shape, values }: { shape: readonly number[]; values: () => Numbers }): WeightView {
  let stride = sizeOf(shape);
  const offsets = shape.map((size) => {
    stride = size === 0 ? 0 : stride / size;
    return Array.from({ length: size }, (_, index) => index * stride);
  });
  return { shape, terms: [{ values, offsets, factor: 1 }] };
}

function mapped(
  { terms }: WeightView,
  change: (offsets: WeightTerm['offsets']) => readonly (readonly number[])[],
): WeightView {
  const changed = terms.map((term) => ({ ...term, offsets: change(term.offsets) }));
  return { shape: changed[0]!.offsets.map(({ length }) => length), terms: changed };
}

/** @param order For each new axis the old one. */
export function transposed(view: WeightView, order: readonly number[]): WeightView {
  return mapped(view, (offsets) => order.map((axis) => offsets[axis]!));
}

/** The given indices along an axis. */
export function picked(view: WeightView, axis: number, indices: readonly number[]): WeightView {
  return mapped(view, (offsets) =>
    offsets.with(
      axis,
      indices.map((index) => offsets[axis]![index]!),
    ),
  );
}

/** An axis as several ones, row-major. Its offsets must be those of a tensor's axis. */
export function split(view: WeightView, axis: number, sizes: readonly number[]): WeightView {
  return mapped(view, (offsets) => {
    const old = offsets[axis]!;
    let inner = sizeOf(sizes);
    const parts = sizes.map((size, part) => {
      inner /= size;
      const first = part === 0 ? 0 : old[0]!;
      return Array.from({ length: size }, (_, index) => old[index * inner]! - first);
    });
    return offsets.toSpliced(axis, 1, ...parts);
  });
}

/** Without axes of size 1. */
export function withoutAxes(view: WeightView, axes: readonly number[]): WeightView {
  return mapped(view, (offsets) => {
    const base = axes.reduce((sum, axis) => sum + offsets[axis]![0]!, 0);
    const kept = offsets.filter((_, axis) => !axes.includes(axis));
    return kept.length === 0
      ? kept
      : kept.with(
          0,
          kept[0]!.map((offset) => offset + base),
        );
  });
}

/** Repeated along axes of size 1, as NumPy broadcasts. */
export function broadcast(view: WeightView, shape: readonly number[]): WeightView {
  return mapped(view, (offsets) => {
    const missing = shape.length - offsets.length;
    return shape.map((size, axis) => {
      const own = axis < missing ? [0] : offsets[axis - missing]!;
      return own.length === size ? own : new Array<number>(size).fill(own[0]!);
    });
  });
}

export function scaled(view: WeightView, factor: number): WeightView {
  return { ...view, terms: view.terms.map((term) => ({ ...term, factor: term.factor * factor })) };
}

/** The sum of two views of one shape. */
export function sum(a: WeightView, b: WeightView): WeightView {
  return { shape: a.shape, terms: [...a.terms, ...b.terms] };
}

/** All values, row-major, in parts. Reads the tensors when the first part is requested. */
export function* chunksOf(view: WeightView): Generator<Float32Array> {
  const fill = filler(view);
  for (let left = sizeOf(view.shape); left > 0; left -= CHUNK) {
    const part = new Float32Array(Math.min(CHUNK, left));
    fill(part);
    yield part;
  }
}

/** All values, row-major. */
export function valuesOf(view: WeightView): Float64Array {
  const values = new Float64Array(sizeOf(view.shape));
  filler(view)(values);
  return values;
}

/** Fills arrays with the next values. */
function filler({ shape, terms }: WeightView): (target: Numbers) => void {
  const loaded = terms.map(({ values }) => values());
  const columns = shape.at(-1) ?? 1;
  const lastOffsets = terms.map(({ offsets }) => offsets.at(-1) ?? [0]);
  const index = new Array<number>(Math.max(0, shape.length - 1)).fill(0);
  const basesNow = (): number[] =>
    terms.map(({ offsets }) => index.reduce((at, step, axis) => at + offsets[axis]![step]!, 0));
  let bases = basesNow();
  let column = 0;
  const nextRow = (): void => {
    for (let axis = index.length - 1; axis >= 0; axis--) {
      index[axis]!++;
      if (index[axis]! < shape[axis]!) break;
      index[axis] = 0;
    }
    bases = basesNow();
    column = 0;
  };
  return (target) => {
    for (let at = 0; at < target.length;) {
      if (column === columns) nextRow();
      const count = Math.min(columns - column, target.length - at);
      for (const [term, { factor }] of terms.entries()) {
        const [values, base, offsets] = [loaded[term]!, bases[term]!, lastOffsets[term]!];
        for (let index = 0; index < count; index++) {
          const value = values[base + offsets[column + index]!]! * factor;
          target[at + index] = term === 0 ? value : target[at + index]! + value;
        }
      }
      column += count;
      at += count;
    }
  };
}
