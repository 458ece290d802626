import { AppError } from '../../../src-shared/errors/app-error.ts';
import { factsOf } from '../../../src-shared/interchange/keras/keras-layers.ts';
import { elementCount } from '../../../src-shared/program/language/shape.ts';
import type { FileTensor } from '../importer/model-importer.ts';
import { slotText } from './weight-slots.ts';
import type { WeightSlot } from './weight-slots.ts';

/** A tensor with its name in the file: 'dense/kernel:0'. */
export interface NamedTensor {
  readonly name: string;
  readonly tensor: FileTensor;
}

export type MatchedWeights = ReadonlyMap<WeightSlot, FileTensor>;

/** Keras 1's names of variables, which end the name of a tensor: 'dense_1_W'. */
const OF_KERAS_1: Readonly<Record<string, string>> = {
  W: 'kernel',
  b: 'bias',
  U: 'recurrent_kernel',
  running_mean: 'moving_mean',
  running_std: 'moving_variance',
};

const VARIABLES: ReadonlySet<string> = new Set([
  ...['gamma', 'beta', 'moving_mean', 'moving_variance', 'depthwise_kernel', 'pointwise_kernel', 'embeddings'],
  ...['kernel', 'recurrent_kernel', 'bias', 'alpha', 'mean', 'variance'],
]);

/**
 * Matches weights to the tensors of a file by their order. For a nested model, Keras writes the trainable weights first,
 * then the others; earlier versions and TF.js write weights layer by layer. An order that contradicts a name is not used.
 *
 * @param slots Layer by layer.
 * @param where For messages: "'model_1'".
 * @throws AppError 'keras/weights-mismatch' if no order fits.
 */
export function matchInOrder(
  slots: readonly WeightSlot[],
  tensors: readonly NamedTensor[],
  where: string,
): MatchedWeights {
  const trainableFirst = [
    ...slots.filter(({ trainable }) => trainable),
    ...slots.filter(({ trainable }) => !trainable),
  ];
  const names = new Set(slots.map(({ layer }) => layer.name));
  for (const order of [trainableFirst, slots, byName(slots, tensors)]) {
    const fits =
      order.length === slots.length &&
      order.length === tensors.length &&
      order.every((slot, index) => fitsSlot(slot, tensors[index]!) && !contradicts(slot, tensors[index]!, names));
    if (fits) return new Map(order.map((slot, index) => [slot, tensors[index]!.tensor]));
  }
  throw mismatch(slots, tensors, where);
}

/** Slots in the order of the tensors, found by name; empty if a name fits no slot or more than one. */
function byName(slots: readonly WeightSlot[], tensors: readonly NamedTensor[]): readonly WeightSlot[] {
  const found = tensors.map(({ name }) => {
    const parts = partsOf(name);
    const fitting = slots.filter(
      (slot) =>
        isCalled(slot, parts.at(-1)!) && parts.slice(0, -1).includes(slot.layer.name) && hasInner(parts, slot.inner),
    );
    return fitting.length === 1 ? fitting[0] : undefined;
  });
  const all = found.filter((slot) => slot !== undefined);
  return all.length === tensors.length && new Set(all).size === all.length ? all : [];
}

const hasInner = (parts: readonly string[], inner: string): boolean =>
  inner === '' || inner.split('/').every((name) => parts.includes(name));

/** Equal apart from axes of size 1: Keras 1 stores the kernel of a Conv1D with an axis of size 1. */
export function fitsSlot({ shape }: WeightSlot, { tensor }: { readonly tensor: Pick<FileTensor, 'shape'> }): boolean {
  if (shape === null) return true;
  const long = (sizes: readonly number[]): string => sizes.filter((size) => size !== 1).join();
  return elementCount(shape) === elementCount(tensor.shape) && long(shape) === long(tensor.shape);
}

/** Whether Keras 2 or 3 calls the variable by this name. */
export function isCalled({ variable, layer }: WeightSlot, name: string): boolean {
  if (layer.weightName !== undefined) return name === layer.weightName;
  return name === variable || name === factsOf(layer.className)?.earlierWeightNames?.[variable];
}

/** Whether the tensor's name is that of another variable or layer. */
function contradicts(slot: WeightSlot, { name }: NamedTensor, layers: ReadonlySet<string>): boolean {
  const parts = partsOf(name);
  const last = parts.at(-1)!;
  if (VARIABLES.has(last) && !isCalled(slot, last)) return true;
  const owners = parts.slice(0, -1).filter((part) => layers.has(part));
  return owners.length > 0 && !owners.includes(slot.layer.name);
}

/** 'bn/gamma:0' → ['bn', 'gamma'], 'dense_1_W:0' → ['dense_1', 'kernel']. */
function partsOf(name: string): string[] {
  const parts = name.replace(/:\d+$/, '').split('/');
  const [, layer, variable] =
    /^(.+)_(W|U|b|gamma|beta|running_mean|running_std|alphas|embeddings)$/.exec(parts.at(-1)!) ?? [];
  if (layer === undefined) return parts;
  return [...parts.slice(0, -1), layer, OF_KERAS_1[variable!] ?? variable!];
}

/** @throws Always. */
function mismatch(slots: readonly WeightSlot[], tensors: readonly NamedTensor[], where: string): AppError {
  const show = (texts: readonly string[]): string => {
    const more = texts.length > 8 ? `, … (${texts.length} in all)` : '';
    return texts.length === 0 ? 'none' : `${texts.slice(0, 8).join(', ')}${more}`;
  };
  const expected = show(slots.map(slotText));
  const received = show(tensors.map(({ name, tensor }) => `${name} ${tensor.shape.join(' × ')}`));
  return new AppError(
    'keras/weights-mismatch',
    `The weights of ${where} do not fit the layers: expected ${expected}; received ${received}. Choose the weights that were saved with this model.`,
    { expected: slots.length, received: tensors.length },
  );
}
