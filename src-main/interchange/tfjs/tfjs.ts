import { classesInJson } from '../importer/class-lists.ts';
import type { ImportedModel, ImportOptions, ModelImporter } from '../importer/model-importer.ts';
import { importTfjsGraph } from './tfjs-graph.ts';
import { readJson } from './tfjs-files.ts';
import { importTfjsLayers } from './tfjs-layers.ts';

/** `model.json` of TensorFlow.js, with its shards in the same folder, and JSON configurations of Keras. */
export const tfjs: ModelImporter = {
  formats: ['tfjs-layers', 'tfjs-graph', 'keras-json'],
  accepts: (head, name) =>
    name.toLowerCase().endsWith('.json') && /^\uFEFF?\s*\{/.test(new TextDecoder().decode(head.subarray(0, 64))),
  import: importTfjs,
};

async function importTfjs(path: string, { onProgress }: ImportOptions): Promise<ImportedModel> {
  onProgress(null, 'Reading the configuration');
  const json = await readJson(path);
  const isGraph = json.root['format'] === 'graph-model' || hasNodes(json.root['modelTopology']);
  const model = await (isGraph ? importTfjsGraph(path, json) : importTfjsLayers(path, json));
  const classes = classesInJson(json.root['userDefinedMetadata']);
  return classes === null ? model : { ...model, classes };
}

const hasNodes = (topology: unknown): boolean =>
  typeof topology === 'object' && topology !== null && 'node' in topology;
