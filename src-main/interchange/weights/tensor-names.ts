import type { FileTensor } from '../importer/model-importer.ts';

/** A tensor of a file with weights only. */
export interface StoredTensor extends FileTensor {
  /** In the file: 'dense/kernel', 'features.0.weight', 'arr_0'. */
  readonly name: string;
  /** The format's name of the type: 'BF16', '<f8'. */
  readonly storedAs: string;
}

/** Tensors that belong to one layer of the file. */
export interface TensorGroup {
  /** Names from the outside to the inside: ['features', '0']. */
  readonly layer: readonly string[];
  readonly tensors: readonly { readonly variable: string; readonly tensor: StoredTensor }[];
}

/** How the programs of a file lay out kernels, as far as names tell. */
export type NamedLayout = 'keras' | 'pytorch' | 'unknown';

const OF_PYTORCH: ReadonlySet<string> = new Set(['weight', 'running_mean', 'running_var']);
const OF_KERAS: ReadonlySet<string> = new Set([
  ...['gamma', 'beta', 'moving_mean', 'moving_variance', 'depthwise_kernel', 'pointwise_kernel', 'embeddings'],
  ...['kernel', 'recurrent_kernel', 'alpha'],
]);
const VARIABLES: ReadonlySet<string> = new Set([...OF_PYTORCH, ...OF_KERAS, 'bias']);

/** Keras's inner layer of a recurrent layer, which has its weights. */
const CELL = /^(lstm|gru|simple_rnn)_cell(_\d+)?$/;

/** The names in a tensor's name, without suffixes of TensorFlow. */
export function partsOfName(name: string): readonly string[] {
  const plain = name.replace(/:\d+$/, '');
  return plain.split(/[/.]/).filter((part) => part !== '' && !CELL.test(part));
}

/** Which program's names the tensors have. Names of both programs, or of neither: unknown. */
export function namedLayout(tensors: readonly StoredTensor[]): NamedLayout {
  const last = tensors.map(({ name }) => partsOfName(name).at(-1) ?? '');
  const [keras, pytorch] = [OF_KERAS, OF_PYTORCH].map((names) => last.some((name) => names.has(name)));
  if (keras === pytorch) return 'unknown';
  return keras ? 'keras' : 'pytorch';
}

/** Groups the tensors by layer, in their order. `others`: their names end in no known name of a variable. */
export function groupByLayer(tensors: readonly StoredTensor[]): {
  readonly groups: readonly TensorGroup[];
  readonly others: readonly StoredTensor[];
} {
  const named = tensors.map((tensor) => ({ tensor, parts: partsOfName(tensor.name) }));
  const known = named.filter(({ parts }) => parts.length > 1 && VARIABLES.has(parts.at(-1)!));
  const byLayer = Map.groupBy(known, ({ parts }) => parts.slice(0, -1).join('/'));
  const groups = [...byLayer.values()].map((members): TensorGroup => ({
    layer: members[0]!.parts.slice(0, -1),
    tensors: members.map(({ parts, tensor }) => ({ variable: parts.at(-1)!, tensor })),
  }));
  const others = named.filter((entry) => !known.includes(entry)).map(({ tensor }) => tensor);
  return { groups, others };
}

/**
 * The order in which the program made the layers; null if the file does not tell. Names that differ in numbers only have
 * the order of the numbers. A file that is sorted by name, as safetensors is, has lost the order.
 *
 * @param names In the order of the file, without duplicates.
 * @returns Indices of the names.
 */
export function orderOfNames(names: readonly string[]): readonly number[] | null {
  const indices = names.map((_, index) => index);
  const isSorted = names.every((name, index) => index === 0 || names[index - 1]! < name);
  const numbers = names.map(numbersIn);
  const byNumber = indices.toSorted((a, b) => compared(numbers[a]!, numbers[b]!));
  if (new Set(names.map(withoutNumbers)).size <= 1) {
    return isSorted || byNumber.every((index, at) => index === at) ? byNumber : null;
  }
  return isSorted ? null : indices;
}

/** 'dense' and 'dense_1' differ in the number at the end only: Keras does not number the first one. */
const withoutNumbers = (name: string): string => name.replace(/_?\d+$/, '').replace(/\d+/g, '#');
const numbersIn = (name: string): readonly number[] => [...name.matchAll(/\d+/g)].map(Number);

function compared(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((number, index) => number !== b[index]);
  return at < 0 ? a.length - b.length : a[at]! - (b[at] ?? -1);
}
