import { elementCount } from '../../../src-shared/program/language/shape.ts';
import type { ImportedModel } from '../importer/model-importer.ts';
import { importKeras } from '../keras/imported-model.ts';
import { leavesOf } from '../keras/layer-tree.ts';
import { matchInOrder } from '../keras/match-weights.ts';
import { readModel } from '../keras/read-model.ts';
import { manifestOf, modelNameOf, tensorsOf } from './tfjs-files.ts';
import type { TfjsJson } from './tfjs-files.ts';

/** A layers model, or a configuration of Keras without weights. */
export async function importTfjsLayers(path: string, { text, root }: TfjsJson): Promise<ImportedModel> {
  const { sketch, report, layers, version } = readModel(text, null);
  const manifest = root['weightsManifest'] === undefined ? null : manifestOf(root['weightsManifest'], path);
  const tensors = manifest === null ? null : await tensorsOf(manifest, path);
  const name = modelNameOf(path);
  const imported = await importKeras(
    name,
    sketch,
    report,
    layers,
    tensors === null ? null : (tree, slotsOf) => matchInOrder(leavesOf(tree).flatMap(slotsOf), tensors, `'${name}'`),
  );
  return {
    format: tensors === null ? 'keras-json' : 'tfjs-layers',
    ...imported,
    fileParameters: tensors === null ? null : tensors.reduce((sum, { tensor }) => sum + elementCount(tensor.shape), 0),
    writtenBy: typeof root['generatedBy'] === 'string' ? root['generatedBy'] : (version ?? 'TensorFlow.js'),
    layers: report.layers.length,
    hasOptimizerState: false,
    losses: report.losses,
    matches: null,
    close: async () => {},
  };
}
