import { AppError } from '../../../src-shared/errors/app-error.ts';
import type { Hdf5File } from '../hdf5/hdf5-file.ts';
import type { FileTensor } from '../importer/model-importer.ts';
import { leavesOf } from './layer-tree.ts';
import type { TreeLayer } from './layer-tree.ts';
import { matchInOrder } from './match-weights.ts';
import type { MatchedWeights, NamedTensor } from './match-weights.ts';
import type { WeightSlot } from './weight-slots.ts';

/**
 * Weights of `.h5` files of Keras 1 to 3: a group for each layer of the outer model, with the attribute `weight_names`.
 *
 * @param root The group with the attribute `layer_names`: 'model_weights', or '' in a file with weights only.
 * @param slotsOf Weights that a layer, not a nested model, should have.
 */
export function readLegacyWeights(
  file: Hdf5File,
  root: string,
  layers: readonly TreeLayer[],
  slotsOf: (layer: TreeLayer) => readonly WeightSlot[],
): MatchedWeights {
  const matched = new Map<WeightSlot, FileTensor>();
  for (const layer of layers) {
    const slots = leavesOf([layer]).flatMap(slotsOf);
    const tensors = tensorsOf(file, joined(root, layer.name)).filter(({ tensor }) => tensor.dtype !== 'integer');
    if (slots.length === 0) continue;
    for (const [slot, tensor] of matchInOrder(slots, tensors, `'${layer.path}'`)) matched.set(slot, tensor);
  }
  return matched;
}

/** The weights of all layers in the file. */
export function legacyTensors(file: Hdf5File, root: string): readonly NamedTensor[] {
  return (file.texts(root, 'layer_names') ?? []).flatMap((name) => tensorsOf(file, joined(root, name)));
}

/** Names of the layers that have weights in the file. */
export function layersWithWeights(file: Hdf5File, root: string): readonly string[] {
  const names = file.texts(root, 'layer_names') ?? [];
  return names.filter((name) => (file.texts(joined(root, name), 'weight_names') ?? []).length > 0);
}

function tensorsOf(file: Hdf5File, group: string): readonly NamedTensor[] {
  return (file.texts(group, 'weight_names') ?? []).map((name) => {
    const path = joined(group, name);
    const tensor = file.tensor(path);
    if (tensor !== null) return { name, tensor };
    throw new AppError(
      'model-file/damaged',
      `Expected the weight '${path}', which the file lists; it is not there. Save the model again, or copy the file again.`,
      { path },
    );
  });
}

const joined = (group: string, name: string): string => (group === '' ? name : `${group}/${name}`);
