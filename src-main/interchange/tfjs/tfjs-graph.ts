import { elementCount } from '../../../src-shared/program/language/shape.ts';
import { convertGraph } from '../graphdef/convert-graph.ts';
import { isRecord } from '../graphdef/graph-def.ts';
import type { ImportedModel } from '../importer/model-importer.ts';
import { fixedBatch, operationsModel } from '../operations/operations-model.ts';
import { damaged, manifestOf, modelNameOf, tensorsOf } from './tfjs-files.ts';
import type { TfjsJson } from './tfjs-files.ts';

/** A graph model: operations of TensorFlow, without layers. */
export async function importTfjsGraph(path: string, { root }: TfjsJson): Promise<ImportedModel> {
  const { modelTopology: topology, weightsManifest } = root;
  if (!isRecord(topology)) throw damaged(path, 'no modelTopology');
  const tensors = await tensorsOf(manifestOf(weightsManifest ?? [], path), path);
  const { program, weights, inlineValues, hasFixedBatch } = await convertGraph(
    `'${path}'`,
    topology['node'] ?? [],
    signatureOf(root),
    new Map(tensors.map((entry) => [entry.name, entry])),
  );
  const name = modelNameOf(path);
  const model = operationsModel(name, program, weights);
  const numbers = tensors.filter(({ dtype }) => dtype === 'float32').map(({ tensor }) => elementCount(tensor.shape));
  const taken = [...weights.values()].reduce((sum, { tensor }) => sum + elementCount(tensor.shape), 0);
  return {
    format: 'tfjs-graph',
    document: model.document,
    weights: model.weights,
    writtenBy: writtenBy(root),
    layers: model.layers,
    operations: model.operations,
    takenParameters: taken + inlineValues,
    fileParameters: numbers.reduce((sum, count) => sum + count, 0),
    hasOptimizerState: false,
    matches: null,
    losses: [...model.losses, ...(hasFixedBatch ? [fixedBatch()] : [])],
    close: async () => {},
  };
}

function signatureOf({ signature, userDefinedMetadata }: TfjsJson['root']): unknown {
  if (signature !== undefined) return signature;
  return isRecord(userDefinedMetadata) ? userDefinedMetadata['signature'] : undefined;
}

function writtenBy({ generatedBy, convertedBy }: TfjsJson['root']): string {
  const texts = [generatedBy, convertedBy].filter((text) => typeof text === 'string');
  return texts.length === 0 ? 'TensorFlow.js' : texts.join(', ').replace(/^(?=\d)/, 'TensorFlow ');
}
