import type { OnnxCall } from '../graph/call.ts';
import { inOrder } from '../graph/layer-value.ts';
import type { LayerValue } from '../graph/layer-value.ts';
import { numberAttribute, numbersAttribute, OnnxRefusal, textAttribute } from '../graph/onnx-model.ts';
import type { OnnxNode } from '../graph/onnx-model.ts';

/** What convolution and pooling share. */

/** Windows along each axis after examples and channels. */
export interface Windows {
  readonly axes: 1 | 2 | 3;
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Before and after, for each axis; null: such that the output has size ⌈input / stride⌉, with the odd one after. */
  readonly pads: readonly (readonly [number, number])[] | null;
}

/** @param kernel Of the weights, where the attribute is absent. @throws OnnxRefusal */
export function windowsOf(node: OnnxNode, rank: number, kernel: readonly number[] | null): Windows {
  const axes = rank - 2;
  if (axes !== 1 && axes !== 2 && axes !== 3) throw new OnnxRefusal(`it needs 3 to 5 axes; received ${rank}`);
  const sizes = (name: string, standard: readonly number[] | null): readonly number[] => {
    const given = numbersAttribute(node, name) ?? standard;
    if (given?.length === axes && given.every((size) => size >= 1)) return given;
    throw new OnnxRefusal(`it needs ${name} of ${axes} axes; received ${given?.join(' × ') ?? 'none'}`);
  };
  const ones = new Array<number>(axes).fill(1);
  const found = {
    kernel: sizes('kernel_shape', kernel),
    strides: sizes('strides', ones),
    dilations: sizes('dilations', ones),
  };
  if (kernel !== null && found.kernel.join() !== kernel.join()) {
    throw new OnnxRefusal(`it needs weights of ${found.kernel.join(' × ')}; received ${kernel.join(' × ')}`);
  }
  return { axes, ...found, pads: padsOf(node, axes) };
}

function padsOf(node: OnnxNode, axes: number): Windows['pads'] {
  const automatic = textAttribute(node, 'auto_pad', 'NOTSET');
  if (automatic === 'SAME_UPPER') return null;
  if (automatic === 'SAME_LOWER') throw new OnnxRefusal('it has auto_pad SAME_LOWER');
  const given = automatic === 'VALID' ? null : numbersAttribute(node, 'pads');
  const pads = given ?? new Array<number>(2 * axes).fill(0);
  if (pads.length !== 2 * axes || pads.some((pad) => pad < 0)) {
    throw new OnnxRefusal(`it needs ${2 * axes} pads that are not negative; received ${pads.join(', ')}`);
  }
  return Array.from({ length: axes }, (_, axis) => [pads[axis]!, pads[axis + axes]!] as const);
}

/** Size of a window with its dilation. */
export const extentOf = ({ kernel, dilations }: Windows, axis: number): number =>
  (kernel[axis]! - 1) * dilations[axis]! + 1;

/** Padding of a size as Keras's 'same'. */
export function samePadding(windows: Windows, axis: number, size: number): readonly [number, number] {
  const stride = windows.strides[axis]!;
  const total = Math.max(0, (Math.ceil(size / stride) - 1) * stride + extentOf(windows, axis) - size);
  return [Math.floor(total / 2), Math.ceil(total / 2)];
}

/** Sizes along the axes of the windows, of a value with channels last. */
export const spatial = ({ sizes }: LayerValue): number[] => sizes.slice(1, -1).map((size) => size!);

/** 'same' or 'valid' if that pads by these; null: neither does. */
export function paddingName(
  windows: Windows,
  sizes: readonly number[],
  pads: readonly (readonly [number, number])[],
): 'same' | 'valid' | null {
  if (pads.every(([before, after]) => before === 0 && after === 0)) return 'valid';
  const isSame = sizes.every((size, axis) => samePadding(windows, axis, size).join() === pads[axis]!.join());
  return isSame ? 'same' : null;
}

/** Adds zeros around a value with channels last. */
export function zeroPadded(
  call: OnnxCall,
  value: LayerValue,
  pads: readonly (readonly [number, number])[],
): LayerValue {
  if (pads.every(([before, after]) => before === 0 && after === 0)) return value;
  const kind = `ZeroPadding${pads.length}D`;
  const layer = call.draft.add(kind, { padding: pads.flat() }, [value.layer], call.draft.nameBeside(kind));
  return withSpatial(
    value,
    layer,
    spatial(value).map((size, axis) => size + pads[axis]![0] + pads[axis]![1]),
  );
}

/** A layer's output with other sizes along the axes of the windows. */
export function withSpatial(
  value: LayerValue,
  layer: LayerValue['layer'],
  sizes: readonly number[],
  channels = value.sizes.at(-1)!,
): LayerValue {
  return { ...value, layer, sizes: [null, ...sizes, channels], origin: null };
}

/** One number for one axis, else a list, as the parameters of layers have them. */
export const sizesParameter = (sizes: readonly number[]): number | number[] =>
  sizes.length === 1 ? sizes[0]! : [...sizes];

/** The first input with channels last. */
export function images(call: OnnxCall): LayerValue {
  const value = call.layer(0);
  const rank = value.axes.length;
  if (rank < 3 || rank > 5) throw new OnnxRefusal(`it needs 3 to 5 axes; received ${rank}`);
  const order = [0, ...Array.from({ length: rank - 2 }, (_, axis) => axis + 2), 1];
  return call.arranged(value, inOrder(value, order));
}

/** Sizes of the output. @param whole Whether a window that reaches over the end counts (`ceil_mode`). */
export function outputSizes(
  windows: Windows,
  sizes: readonly number[],
  pads: readonly (readonly [number, number])[],
  whole = false,
): number[] {
  return sizes.map((size, axis) => {
    const [before, after] = pads[axis]!;
    const stride = windows.strides[axis]!;
    const steps = (size + before + after - extentOf(windows, axis)) / stride;
    const count = (whole ? Math.ceil(steps) : Math.floor(steps)) + 1;
    if (count < 1)
      throw new OnnxRefusal(`its window of ${extentOf(windows, axis)} is larger than its input of ${size}`);
    // A window must begin inside the input or the padding before it.
    return whole && (count - 1) * stride >= size + before ? count - 1 : count;
  });
}

/** Whether windows of an output see more than there are. */
export const ceilMode = (node: OnnxNode): boolean => numberAttribute(node, 'ceil_mode', 0) === 1;
