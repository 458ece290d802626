import { readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import { isModel, listOf, objectOf, textOf } from '../../../src-shared/interchange/keras/generations/unchecked-json.ts';
import { elementCount } from '../../../src-shared/program/language/shape.ts';
import type { FileTensor, ImportedModel, ImportOptions, ModelImporter } from '../importer/model-importer.ts';
import { importKeras } from '../keras/imported-model.ts';
import type { TreeLayer } from '../keras/layer-tree.ts';
import { matchInOrder } from '../keras/match-weights.ts';
import type { MatchedWeights, NamedTensor } from '../keras/match-weights.ts';
import { readModel } from '../keras/read-model.ts';
import type { WeightSlot } from '../keras/weight-slots.ts';
import { openCheckpoint } from '../tf-checkpoint/checkpoint.ts';
import type { TfCheckpoint } from '../tf-checkpoint/checkpoint.ts';
import { variablesBelow } from '../tf-checkpoint/object-graph.ts';
import type { GraphVariable, ObjectGraph } from '../tf-checkpoint/object-graph.ts';
import { nameOfObject, savedObjects } from './saved-metadata.ts';
import type { SavedObject } from './saved-metadata.ts';
import { importGraphSavedModel } from './graph-savedmodel.ts';

const METADATA = 'keras_metadata.pb';
const MAX_METADATA_BYTES = 256 * 2 ** 20;

/**
 * SavedModels: folders with a graph, and variables in a checkpoint. Keras 2 writes the configuration of its models
 * beside them; these become layers. All others become operations.
 */
export const savedModel: ModelImporter = {
  formats: ['keras-savedmodel', 'savedmodel'],
  accepts: (_, name) => name === 'saved_model.pb',
  import: importSavedModel,
};

/** @param folder Of the SavedModel. */
async function importSavedModel(folder: string, { onProgress }: ImportOptions): Promise<ImportedModel> {
  onProgress(null, 'Reading the configuration');
  const objects = await objectsOf(folder);
  const root = objects?.find(({ path }) => path === 'root');
  const text = objects === null ? null : configurationOf(root, folder);
  return objects === null || text === null ? importGraphSavedModel(folder) : importLayers(folder, objects, root, text);
}

/** @param text The configuration of the model. */
async function importLayers(
  folder: string,
  objects: readonly SavedObject[],
  root: SavedObject | undefined,
  text: string,
): Promise<ImportedModel> {
  const { sketch, report, layers, version } = readModel(text, textOf(root?.metadata['keras_version']));
  const checkpoint = await openCheckpoint(join(folder, 'variables', 'variables.index'));
  const { graph } = checkpoint;
  if (graph === null) throw damaged(folder, 'a checkpoint without objects');
  const names = namesOfNodes(objects, graph);
  const weights = variablesOf(graph, 0).flatMap((variable) => tensorOf(checkpoint, variable));
  const optimizer = graph[0]!.children.get('optimizer');
  const imported = await importKeras(basename(folder), sketch, report, layers, (tree, slotsOf) => {
    const matched = new Map<WeightSlot, FileTensor>();
    matchLayers(tree, 0, { checkpoint, graph, names }, slotsOf, matched);
    return matched;
  });
  return {
    format: 'keras-savedmodel',
    ...imported,
    fileParameters: weights.reduce((sum, { tensor }) => sum + elementCount(tensor.shape), 0),
    writtenBy: `Keras ${version ?? 'of an unknown version'}`,
    layers: report.layers.length,
    // An optimizer without slots has a counter and a rate.
    hasOptimizerState: optimizer !== undefined && variablesBelow(graph, optimizer, () => true).length > 2,
    losses: report.losses,
    matches: null,
    close: async () => {},
  };
}

interface SavedWeights {
  readonly checkpoint: TfCheckpoint;
  readonly graph: ObjectGraph;
  /** Keras's names of the layers, by their index in the graph. */
  readonly names: ReadonlyMap<number, string>;
}

/** Finds the variables of each layer: the children 'layer-N' of a model's object are its layers. */
function matchLayers(
  layers: readonly TreeLayer[],
  model: number,
  saved: SavedWeights,
  slotsOf: (layer: TreeLayer) => readonly WeightSlot[],
  matched: Map<WeightSlot, FileTensor>,
): MatchedWeights {
  const { checkpoint, graph, names } = saved;
  const nodes = new Map(layerNodes(graph, model).map((node) => [names.get(node), node]));
  for (const layer of layers) {
    const node = nodes.get(layer.name);
    if (layer.layers !== null) {
      if (node !== undefined) matchLayers(layer.layers, node, saved, slotsOf, matched);
      continue;
    }
    const slots = slotsOf(layer);
    if (slots.length === 0) continue;
    const variables = node === undefined ? [] : variablesOf(graph, node);
    const tensors = variables.flatMap((variable) => tensorOf(checkpoint, variable));
    for (const [slot, tensor] of matchInOrder(slots, tensors, `'${layer.path}'`)) matched.set(slot, tensor);
  }
  return matched;
}

/** Objects of the layers of a model, or of a model that a wrapper such as TimeDistributed has as its child 'layer'. */
function layerNodes(graph: ObjectGraph, model: number): readonly number[] {
  const wrapped = graph[model]!.children.get('layer');
  const { children } = graph[wrapped ?? model]!;
  return [...children].flatMap(([name, node]) => (/^layer-\d+$/.test(name) ? [node] : []));
}

/** Variables of a layer or a model in Keras's order, which the list `variables` has. Some layers do not have the list. */
function variablesOf(graph: ObjectGraph, node: number): readonly GraphVariable[] {
  const list = graph[node]!.children.get('variables');
  const children = list === undefined ? [] : [...graph[list]!.children];
  if (children.length === 0) return variablesBelow(graph, node, (name) => name !== 'keras_api' && name !== 'optimizer');
  const inOrder = children.toSorted(([a], [b]) => Number(a) - Number(b));
  return inOrder.flatMap(([, variable]) => graph[variable]!.variables);
}

/** Not the counters and states of random numbers, which are integers. */
function tensorOf({ tensors }: TfCheckpoint, { fullName, key }: GraphVariable): NamedTensor[] {
  const tensor = tensors.get(key);
  return tensor === undefined || tensor.dtype === 'integer' ? [] : [{ name: fullName, tensor }];
}

function namesOfNodes(objects: readonly SavedObject[], graph: ObjectGraph): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  for (const object of objects) {
    let node: number | undefined = 0;
    for (const part of object.path.split('.').slice(1)) {
      node = node === undefined ? undefined : graph[node]!.children.get(part);
    }
    const name = nameOfObject(object);
    if (node !== undefined && name !== null) names.set(node, name);
  }
  return names;
}

/** Null: it is not of Keras 2. */
async function objectsOf(folder: string): Promise<readonly SavedObject[] | null> {
  const path = join(folder, METADATA);
  const status = await stat(path).catch(() => null);
  if (status === null) return null;
  if (status.size > MAX_METADATA_BYTES) throw damaged(folder, `'${METADATA}' of ${status.size} bytes`);
  try {
    return savedObjects(await readFile(path));
  } catch (error) {
    if (error instanceof RangeError || error instanceof SyntaxError) {
      throw damaged(folder, `a damaged '${METADATA}': ${error.message}`);
    }
    throw error;
  }
}

/** The configuration of the outer model as JSON; null: Python code connects its layers, or it is no model. */
function configurationOf(root: SavedObject | undefined, folder: string): string | null {
  if (root === undefined) throw damaged(folder, `'${METADATA}' without a model`);
  const model = objectOf(root.metadata['model_config']) ?? root.metadata;
  const className = textOf(model['class_name']) ?? 'none';
  const config = objectOf(model['config']);
  if (!isModel(className) || listOf(config?.['layers']).length === 0) return null;
  return JSON.stringify({ class_name: className, config });
}

function damaged(folder: string, received: string): AppError {
  return new AppError(
    'model-file/damaged',
    `Expected a complete SavedModel in '${folder}'; received ${received}. Save it again, or copy the whole folder again.`,
    { folder },
  );
}
