import { isEnd } from '../../../src-shared/document/schema/ends.ts';
import type { ModelDocument } from '../../../src-shared/document/schema/model-document.ts';
import type { ImportLoss, WeightMatch } from '../../../src-shared/interchange/import-report.ts';
import type { Hdf5File } from '../hdf5/hdf5-file.ts';
import { compiled, weightsOf } from './imported-model.ts';
import type { KerasImport } from './imported-model.ts';
import type { TreeLayer } from './layer-tree.ts';
import { layersWithWeights, readLegacyWeights } from './legacy-weights.ts';
import { readStoreWeights } from './store-weights.ts';
import { slotsOf } from './weight-slots.ts';
import type { WeightSlot } from './weight-slots.ts';

export interface WeightsOntoModel extends Omit<KerasImport, 'layersOfFile'> {
  readonly layers: number;
  readonly losses: readonly ImportLoss[];
  readonly matches: readonly WeightMatch[];
}

/**
 * Puts the weights of a file without a configuration onto the layers of a model: by the names of the layers or, if the
 * file has other names, in the order of the document. Every shape is compared.
 *
 * @param root The group with the attribute `layer_names`; null: the file has groups by class, which have no names.
 * @throws AppError 'model/invalid', 'keras/weights-…'.
 */
export async function weightsOntoModel(
  document: ModelDocument,
  file: Hdf5File,
  root: string | null,
): Promise<WeightsOntoModel> {
  const model = compiled(document);
  // The weights of a block belong to its node.
  const ofNode = Map.groupBy(model.weights, ({ nodeId }) => nodeId.split('/')[0]!);
  const nodes = document.nodes.filter(({ id }) => ofNode.has(id));
  const names = root === null ? null : layersWithWeights(file, root);
  const byName = names !== null && nodes.every(({ name }) => names.includes(name));
  const byOrder = names !== null && !byName && names.length === nodes.length;
  const tree = nodes.map(({ id, name, kind, frozen }, index): TreeLayer => {
    const inFile = byOrder ? names[index]! : name;
    return { name: inFile, path: id, className: kind, innerGroup: '', config: {}, trainable: !frozen, layers: null };
  });
  const slots = new Map<string, readonly WeightSlot[]>(
    tree.map((layer) => [layer.path, slotsOf(layer, ofNode.get(layer.path)!)]),
  );
  const find = (layer: TreeLayer): readonly WeightSlot[] => slots.get(layer.path) ?? [];
  const matched = root === null ? readStoreWeights(file, '', tree, find) : readLegacyWeights(file, root, tree, find);
  const matches = [...matched].map(([{ layer, inner, variable }, { path, shape }]): WeightMatch => {
    const weight = inner === '' ? variable : `${inner}/${variable}`;
    const name = nodes.find(({ id }) => id === layer.path)!.name;
    return { tensor: path, shape: [...shape], layer: name, weight, by: byName ? 'name' : 'order', reordered: false };
  });
  return {
    document,
    ...weightsOf(model, matched),
    layers: document.nodes.filter((node) => !isEnd(node)).length,
    losses: [],
    matches,
  };
}
