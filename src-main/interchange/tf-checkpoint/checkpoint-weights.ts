import type { ImportedModel, ImportOptions, ModelImporter } from '../importer/model-importer.ts';
import { importWeights } from '../weights/import-weights.ts';
import type { StoredTensor } from '../weights/tensor-names.ts';
import { openCheckpoint } from './checkpoint.ts';
import type { TfCheckpoint } from './checkpoint.ts';
import { variablesBelow } from './object-graph.ts';

/** Children of an object that have no weights of the model, or have them twice. */
const NO_WEIGHTS =
  /^(_?optimizer|keras_api|save_counter|signatures|_all_variables|_compiled_trainable_state|(compiled_)?metrics)$/;
const OF_OPTIMIZER = /(^|\/)(_?optimizer|\.OPTIMIZER_SLOT)\//;

/** Checkpoints of TensorFlow 1 and 2, as weights only: `NAME.index` with its shards. */
export const checkpointWeights: ModelImporter = {
  formats: ['tf-checkpoint'],
  accepts: (_, name) => /\.index$|\.data-\d{5}-of-\d{5}$/i.test(name),
  import: importCheckpoint,
};

/** Whether a key is that of an optimizer's state. */
export const isOfOptimizer = (key: string): boolean => OF_OPTIMIZER.test(key);

async function importCheckpoint(path: string, { onto, onProgress }: ImportOptions): Promise<ImportedModel> {
  onProgress(null, 'Reading the names of the weights');
  const checkpoint = await openCheckpoint(path);
  const tensors = checkpoint.graph === null ? namedTensors(checkpoint) : graphTensors(checkpoint);
  const keys = [...checkpoint.tensors.keys()];
  const hasOptimizerState =
    checkpoint.graph === null ? keys.some((key) => isSlot(key, checkpoint)) : keys.some(isOfOptimizer);
  const file = { format: 'tf-checkpoint', path, writtenBy: 'TensorFlow', tensors, hasOptimizerState } as const;
  return importWeights({ ...file, close: async () => {} }, onto);
}

/** A slot of an optimizer has the name of its variable before its own: 'dense/kernel/Adam'. */
function isSlot(key: string, { tensors }: TfCheckpoint): boolean {
  const slash = key.lastIndexOf('/');
  return slash > 0 && tensors.has(key.slice(0, slash));
}

/** Weights of a checkpoint that has names only. Single values are counters and rates. */
function namedTensors(checkpoint: TfCheckpoint): readonly StoredTensor[] {
  return [...checkpoint.tensors.values()].filter(({ name, shape }) => shape.length > 0 && !isSlot(name, checkpoint));
}

/** Weights that belong to the model's objects, with Keras's names if these are unique. */
function graphTensors({ tensors, graph }: TfCheckpoint): readonly StoredTensor[] {
  const variables = variablesBelow(graph!, 0, (name) => !NO_WEIGHTS.test(name));
  const found = variables.flatMap(({ fullName, key }) => {
    const tensor = tensors.get(key);
    return tensor === undefined || tensor.shape.length === 0 ? [] : [{ fullName, key, tensor }];
  });
  const names = new Set(found.map(({ fullName }) => fullName));
  const areUnique = names.size === found.length && !names.has('');
  return found.map(({ fullName, key, tensor }) => ({ ...tensor, name: areUnique ? fullName : nameOfKey(key) }));
}

/** 'layer-1/_kernel/.ATTRIBUTES/VARIABLE_VALUE' → 'layer-1/kernel'. */
function nameOfKey(key: string): string {
  return key.replace(/\/\.ATTRIBUTES\/VARIABLE_VALUE$/, '').replace(/\/_(?=[^/]+$)/, '/');
}
