import { elementCount } from '../../../src-shared/program/language/shape.ts';
import type { Hdf5File } from '../hdf5/hdf5-file.ts';
import type { TreeLayer } from './layer-tree.ts';
import { matchInOrder } from './match-weights.ts';
import type { MatchedWeights, NamedTensor } from './match-weights.ts';
import type { WeightSlot } from './weight-slots.ts';

/** Names of the group of a model's layers: of Keras 3, and of Keras 2.12 and later. */
const CONTAINERS = ['layers', '_layer_checkpoint_dependencies'];
/** Groups with the states of random number generators, which are not weights. */
export const RANDOM_STATE = /seed_generator|random_generator/;
const MAX_DEPTH = 64;

/** The group with the layers of a model; null: the file has other weights. */
export function storeContainer(file: Hdf5File, group: string): string | null {
  const paths = CONTAINERS.map((name) => (group === '' ? name : `${group}/${name}`));
  return paths.find((path) => file.isGroup(path)) ?? null;
}

/**
 * Weights of `model.weights.h5` in `.keras` files, and of `.weights.h5` files: a group for each layer, named by its class,
 * with the groups `vars` of its inner layers.
 *
 * @param group Of the model; '' for the outer one.
 */
export function readStoreWeights(
  file: Hdf5File,
  group: string,
  layers: readonly TreeLayer[],
  slotsOf: (layer: TreeLayer) => readonly WeightSlot[],
  matched = new Map<WeightSlot, NamedTensor['tensor']>(),
): MatchedWeights {
  const container = storeContainer(file, group);
  const counts = new Map<string, number>();
  for (const layer of layers) {
    const base = snakeCase(layer.className);
    const count = counts.get(base) ?? 0;
    counts.set(base, count + 1);
    const named = `${container ?? ''}/${count === 0 ? base : `${base}_${count}`}`;
    const path = layer.innerGroup === '' ? named : `${named}/${layer.innerGroup}`;
    if (layer.layers !== null) {
      readStoreWeights(file, path, layer.layers, slotsOf, matched);
      continue;
    }
    const slots = slotsOf(layer);
    if (slots.length === 0) continue;
    const groups = variableGroups(file, path, '', 0);
    for (const inner of new Set(slots.map((slot) => slot.inner))) {
      const role = roleOfInner(inner);
      const tensors = groups.filter((found) => roleOfGroup(found.inner) === role).flatMap((found) => found.tensors);
      const own = slots.filter((slot) => slot.inner === inner);
      for (const [slot, tensor] of matchInOrder(own, tensors, `'${layer.path}'`)) matched.set(slot, tensor);
    }
  }
  return matched;
}

/** Values of all weights in the file, without the optimizer's and the state of random numbers. */
export function storeParameters(file: Hdf5File): number {
  const container = storeContainer(file, '');
  const groups = container === null ? [] : variableGroups(file, container, '', 0);
  return groups.flatMap(({ tensors }) => tensors).reduce((sum, { tensor }) => sum + elementCount(tensor.shape), 0);
}

interface VariableGroup {
  /** Path of the inner layer from the layer's group; '' for the layer itself. */
  readonly inner: string;
  readonly tensors: readonly NamedTensor[];
}

function variableGroups(file: Hdf5File, group: string, inner: string, depth: number): VariableGroup[] {
  if (depth > MAX_DEPTH) return [];
  return (file.names(group) ?? []).flatMap((name) => {
    const path = `${group}/${name}`;
    if (RANDOM_STATE.test(name) || !file.isGroup(path)) return [];
    if (name !== 'vars') return variableGroups(file, path, inner === '' ? name : `${inner}/${name}`, depth + 1);
    // The names are numbers, which HDF5 sorts as text.
    const numbers = (file.names(path) ?? []).toSorted((a, b) => Number(a) - Number(b));
    const tensors = numbers.flatMap((number) => {
      const tensor = file.tensor(`${path}/${number}`);
      return tensor === null || tensor.dtype === 'integer' ? [] : [{ name: number, tensor }];
    });
    return tensors.length === 0 ? [] : [{ inner, tensors }];
  });
}

/** Role of an inner layer, from Lamina's name: 'query', 'forward'; '' if it has none. */
function roleOfInner(inner: string): string {
  if (inner.startsWith('forward_')) return 'forward';
  if (inner.startsWith('backward_')) return 'backward';
  return ['query', 'key', 'value', 'attention_output'].includes(inner) ? inner : '';
}

/** The same role, from the path of Keras's group: 'forward_layer/cell', '_query_dense', 'layer', 'cell'. */
function roleOfGroup(inner: string): string {
  const [first = ''] = inner.split('/');
  const [, role] = /^_?(forward|backward|query|key|value|output)_(?:layer|dense)$/.exec(first) ?? [];
  return role === 'output' ? 'attention_output' : (role ?? '');
}

/** Keras's name of the group of a class: 'Conv2DTranspose' → 'conv2d_transpose'. */
function snakeCase(name: string): string {
  return name
    .replace(/\W+/g, '')
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}
