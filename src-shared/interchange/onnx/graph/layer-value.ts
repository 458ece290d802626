import { OnnxRefusal } from './onnx-model.ts';
import type { DraftLayer, OnnxDraft } from './draft.ts';

/** Null: the number of examples. */
export type Size = number | null;

/** How the axes of a value in the file lie in the output of a layer, which may have them in another order. */
export interface Arrangement {
  /** Sizes of the layer's output. The first axis is the batch. */
  readonly sizes: readonly Size[];
  /** For each axis in the file the axes of the layer that it consists of, the outer one first; none: its size is 1. */
  readonly axes: readonly (readonly number[])[];
}

/** A value of the file that depends on its inputs: the output of a layer. */
export interface LayerValue extends Arrangement {
  readonly layer: DraftLayer;
  /** Integers can be indices of an Embedding only; 'rounded' are those that were cast from other numbers. */
  readonly type: 'float' | 'integer' | 'rounded';
  /** True if no value is below 0. */
  readonly nonNegative: boolean;
  /** Name of the input of the file that this is, after layers that work on each value separately; null: none. */
  readonly origin: string | null;
}

/** Limit of the axes of Reshape and Permute, without the batch. */
const MAX_AXES = 4;

/** Shape in the file for a number of examples. */
export function shapeIn({ axes, sizes }: Arrangement, batch: number): number[] {
  return axes.map((list) => list.reduce((product, axis) => product * (sizes[axis] ?? batch), 1));
}

/** Shape in the file; -1 is the batch. @throws OnnxRefusal if the batch is joined with another axis. */
export function shapeOf(value: Arrangement): number[] {
  return value.axes.map((list) => {
    if (!list.includes(0)) return list.reduce((product, axis) => product * value.sizes[axis]!, 1);
    if (list.length === 1) return -1;
    throw new OnnxRefusal('it needs the examples on a separate axis; received them joined with other values');
  });
}

/** The file's axes in this order, each as one axis of the layer. The first one is the batch. */
export function inOrder(value: Arrangement, order: readonly number[]): Arrangement {
  const shape = shapeOf(value);
  if (shape[order[0]!] !== -1) throw new OnnxRefusal('it needs the examples on its first axis');
  return {
    sizes: order.map((axis, index) => (index === 0 ? null : shape[axis]!)),
    axes: order.map((_, axis) => [order.indexOf(axis)]),
  };
}

/** Batch first, channels (the file's second axis) last. */
export function channelsLast(value: Arrangement): Arrangement {
  const rank = value.axes.length;
  return inOrder(value, [0, ...Array.from({ length: rank - 2 }, (_, axis) => axis + 2), 1]);
}

export function asInFile(value: Arrangement): Arrangement {
  return inOrder(value, [...value.axes.keys()]);
}

export function isSameArrangement(a: Arrangement, b: Arrangement): boolean {
  return JSON.stringify([a.sizes, a.axes]) === JSON.stringify([b.sizes, b.axes]);
}

/** Whether the target has the second axis of the layer last, and all others in their order. */
function isChannelsLast(value: Arrangement, target: Arrangement): boolean {
  const rank = value.sizes.length;
  const isSingle = [value, target].every(
    ({ axes, sizes }) => sizes.length === rank && axes.length === rank && axes.every(({ length }) => length === 1),
  );
  // The axis of the layer that each axis of the target is now.
  const order = target.sizes.map((_, own) => value.axes[target.axes.findIndex(([axis]) => axis === own)]?.[0]);
  return (
    isSingle && rank > 2 && order.join() === [0, ...Array.from({ length: rank - 2 }, (_, axis) => axis + 2), 1].join()
  );
}

/** Adds the layers that bring a value into another arrangement. */
export function arranged(draft: OnnxDraft, value: LayerValue, target: Arrangement): LayerValue {
  if (isSameArrangement(value, target)) return { ...value, ...target };
  if (value.origin !== null && isChannelsLast(value, target)) draft.wish(value.origin);
  const { source, wanted } = refined(value, target);
  const inSource = source.flat();
  const order = wanted.flat();
  let { layer, sizes } = value;
  const reshape = (to: readonly Size[]): void => {
    if (to.join() === sizes.join()) return;
    const shape = to.slice(1).map((size) => size!);
    requireFew(shape.length);
    const isFlat = shape.length === 1;
    const kind = isFlat ? 'Flatten' : 'Reshape';
    layer = draft.add(kind, isFlat ? {} : { targetShape: shape }, [layer], draft.nameBeside(kind));
    sizes = to;
  };
  const permute = (axes: readonly number[]): void => {
    if (axes.every((axis, index) => axis === index)) return;
    requireFew(axes.length - 1);
    layer = draft.add('Permute', { dims: axes.slice(1) }, [layer], draft.nameBeside('Permute'));
    sizes = axes.map((axis) => sizes[axis]!);
  };
  const isSameOrder = order.every((atom, index) => atom === inSource[index]);
  if (!isSameOrder && sizes.length <= MAX_AXES + 1 && source.every(({ length }) => length <= 1)) {
    permute(axesInOrder(source, wanted));
  } else if (!isSameOrder) {
    const blocks = blocksOf(inSource, order);
    const from = blocks.toSorted((a, b) => inSource.indexOf(a[0]!) - inSource.indexOf(b[0]!));
    reshape(from.map(sizeOfBlock));
    permute(blocks.map((block) => from.indexOf(block)));
  }
  reshape(target.sizes);
  return { ...value, ...target, layer, origin: null };
}

/** The axes of a layer in the order that is wanted; those of size 1 where the others leave a place. */
function axesInOrder(source: readonly (readonly Atom[])[], wanted: readonly (readonly Atom[])[]): number[] {
  const units = [...source.keys()].filter((axis) => source[axis]!.length === 0);
  const order = wanted.flatMap((atoms) => {
    const own = atoms.map((atom) => source.findIndex(([first]) => first === atom));
    const unit = atoms.length === 0 ? units.shift() : undefined;
    return unit === undefined ? own : [unit];
  });
  return [...order, ...units];
}

const sizeOfBlock = (block: readonly Atom[]): Size => block.reduce<Size>((size, atom) => times(size, atom.size), 1);

interface Atom {
  readonly size: Size;
}

/** Factors that the axes of both arrangements consist of, by axis of the layer; factors of 1 are left out. */
function refined(from: Arrangement, to: Arrangement): { source: Atom[][]; wanted: Atom[][] } {
  const source = from.sizes.map((): Atom[] => []);
  const wanted = to.sizes.map((): Atom[] => []);
  for (const [axis, list] of from.axes.entries()) {
    const left = list.map((own) => ({ own, size: from.sizes[own]! })).filter(({ size }) => size !== 1);
    const right = to.axes[axis]!.map((own) => ({ own, size: to.sizes[own]! })).filter(({ size }) => size !== 1);
    while (left.length > 0 || right.length > 0) {
      const [a, b] = [left[0], right[0]];
      if (a === undefined || b === undefined) throw notDividing();
      const size = commonFactor(a.size, b.size);
      const atom: Atom = { size };
      source[a.own]!.push(atom);
      wanted[b.own]!.push(atom);
      take(left, size);
      take(right, size);
    }
  }
  // The batch is the first axis of every layer.
  if (source[0]![0] !== wanted[0]![0]) throw new OnnxRefusal('it needs the examples on their own first axis');
  return { source, wanted };
}

function commonFactor(a: Size, b: Size): Size {
  if (a === null || b === null) {
    if (a === b) return null;
    throw notDividing();
  }
  if (a % b === 0) return b;
  if (b % a === 0) return a;
  throw notDividing();
}

function take(list: { own: number; size: Size }[], size: Size): void {
  const first = list[0]!;
  if (first.size === size) list.shift();
  else first.size = first.size! / size!;
}

const times = (a: Size, b: Size): Size => (a === null || b === null ? null : a * b);

/** Runs of factors that follow each other in both orders. The batch is a separate one. */
function blocksOf(source: readonly Atom[], order: readonly Atom[]): Atom[][] {
  const blocks: Atom[][] = [];
  for (const atom of order) {
    const last = blocks.at(-1)?.at(-1);
    const follows = last !== undefined && last.size !== null && source[source.indexOf(last) + 1] === atom;
    if (follows) blocks.at(-1)!.push(atom);
    else blocks.push([atom]);
  }
  return blocks;
}

function requireFew(count: number): void {
  if (count <= MAX_AXES) return;
  throw new OnnxRefusal(`it needs ${count} axes in another order; Lamina rearranges at most ${MAX_AXES}`);
}

function notDividing(): OnnxRefusal {
  return new OnnxRefusal('it splits and joins axes in a way that needs other sizes');
}
