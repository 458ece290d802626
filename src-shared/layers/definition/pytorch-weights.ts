/** How PyTorch stores a weight. */
export interface StoredForm {
  /** Its shape. */
  readonly stored: readonly number[];
  /** The stored values in the axes that are reordered. */
  readonly view: readonly number[];
  /** Axes of `view` in the order of the weight here. */
  readonly axes: readonly number[];
}

/** The weights of a layer in PyTorch, by the name and shape of the weight here; null: PyTorch has other weights. */
export type PytorchForms = (name: string, shape: readonly number[]) => StoredForm | null;

/** The values in the same order. */
const sameForm: PytorchForms = (_, shape) => ({ stored: shape, view: shape, axes: shape.map((_size, axis) => axis) });

/** A kernel [inputs, units] is [units, inputs] in PyTorch. */
export const matrixForms: PytorchForms = (name, shape) => {
  if (name !== 'kernel') return sameForm(name, shape);
  const stored = shape.toReversed();
  return { stored, view: stored, axes: [1, 0] };
};

/** A row for each index, as here. */
export const tableForms: PytorchForms = sameForm;

/** A value for each feature of the last axis; null for weights with several axes. */
export const featureForms: PytorchForms = (name, shape) => {
  const isPerFeature = shape.slice(0, -1).every((size) => size === 1);
  return isPerFeature ? sameForm(name, shape.slice(-1)) : null;
};

/** The last two axes of a kernel come first in PyTorch, the last one before the other: [...size, a, b] is [b, a, ...size]. */
export const convolutionForms: PytorchForms = (name, shape) => {
  if (name !== 'kernel') return sameForm(name, shape);
  const size = shape.slice(0, -2);
  const stored = [shape.at(-1)!, shape.at(-2)!, ...size];
  return { stored, view: stored, axes: [...size.map((_, axis) => axis + 2), 1, 0] };
};

/** A kernel [...size, channels, factor] is [channels · factor, 1, ...size] in PyTorch. */
export const depthwiseForms: PytorchForms = (name, shape) => {
  if (name !== 'kernel') return sameForm(name, shape);
  const size = shape.slice(0, -2);
  const [channels, factor] = [shape.at(-2)!, shape.at(-1)!];
  const axes = [...size.map((_, axis) => axis + 2), 0, 1];
  return { stored: [channels * factor, 1, ...size], view: [channels, factor, ...size], axes };
};
