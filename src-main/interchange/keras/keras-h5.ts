import { basename, dirname, join } from 'node:path';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import type { ImportLoss } from '../../../src-shared/interchange/import-report.ts';
import { elementCount } from '../../../src-shared/program/language/shape.ts';
import { readRegularFile } from '../../system/regular-file.ts';
import { Hdf5File } from '../hdf5/hdf5-file.ts';
import type { ImportedModel, ImportOptions, ModelImporter } from '../importer/model-importer.ts';
import { isEnd } from '../../../src-shared/document/schema/ends.ts';
import { importKeras } from './imported-model.ts';
import { legacyTensors, readLegacyWeights } from './legacy-weights.ts';
import { legacyVariables, optimizerConfig, readOptimizerState } from './optimizer-state.ts';
import { readModel } from './read-model.ts';
import { readStoreWeights, storeContainer, storeParameters } from './store-weights.ts';
import { weightsOntoModel } from './weights-onto-model.ts';

const SIGNATURE = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];
const SUFFIX = /(\.weights)?\.(h5|hdf5|keras)$/i;

/** `.h5` files of Keras 1 to 3: whole models, and weights with the JSON of their model in the same folder. */
export const kerasH5: ModelImporter = {
  formats: ['keras-h5'],
  accepts: (head) => SIGNATURE.every((byte, index) => head[index] === byte),
  import: importH5,
};

async function importH5(path: string, { onProgress, onto }: ImportOptions): Promise<ImportedModel> {
  onProgress(null, 'Reading the configuration');
  const file = await Hdf5File.open(path);
  try {
    const root = file.isGroup('model_weights') ? 'model_weights' : '';
    const inGroups = file.texts(root, 'layer_names') !== null;
    const inside = file.text('', 'model_config');
    const outside = inside === null ? await configurationInFolder(path) : null;
    const text = inside ?? outside?.text ?? null;
    const common = {
      format: 'keras-h5',
      hasOptimizerState: file.isGroup('optimizer_weights') || file.isGroup('optimizer'),
      close: async () => file.close(),
    } as const;
    if (!inGroups && storeContainer(file, '') === null) throw noWeights(path);
    const fileParameters = inGroups ? legacyParameters(file, root) : storeParameters(file);
    const kerasVersion = file.text('', 'keras_version') ?? file.text(root, 'keras_version');
    if (text === null) {
      if (onto === null || onto.nodes.every(isEnd)) throw weightsOnly(path);
      const writtenBy = `Keras ${kerasVersion ?? 'of an unknown version'}`;
      return { ...common, ...(await weightsOntoModel(onto, file, inGroups ? root : null)), fileParameters, writtenBy };
    }
    const { sketch, report, layers, version } = readModel(text, kerasVersion);
    const { trainable, ...imported } = await importKeras(
      basename(path).replace(SUFFIX, ''),
      sketch,
      report,
      layers,
      (tree, slotsOf) =>
        inGroups ? readLegacyWeights(file, root, tree, slotsOf) : readStoreWeights(file, '', tree, slotsOf),
    );
    return {
      ...common,
      ...imported,
      fileParameters,
      readOptimizerState: async () =>
        readOptimizerState(optimizerConfig(file.text('', 'training_config')), legacyVariables(file), trainable),
      writtenBy: `Keras ${version ?? 'of an unknown version'}`,
      layers: report.layers.length,
      losses: outside === null ? report.losses : [...report.losses, configurationFrom(outside.name)],
      matches: null,
    };
  } catch (error) {
    file.close();
    throw error;
  }
}

function legacyParameters(file: Hdf5File, root: string): number {
  const weights = legacyTensors(file, root).filter(({ tensor }) => tensor.dtype !== 'integer');
  return weights.reduce((sum, { tensor }) => sum + elementCount(tensor.shape), 0);
}

/** The JSON of a model in the folder of its weights, 'NAME.json' or 'model.json'; null: there is none. */
async function configurationInFolder(path: string): Promise<{ name: string; text: string } | null> {
  const stem = basename(path).replace(SUFFIX, '');
  for (const name of [`${stem}.json`, 'model.json', `${stem}.config.json`, 'config.json']) {
    const text = await readRegularFile(join(dirname(path), name)).catch(() => null);
    if (text !== null) return { name, text };
  }
  return null;
}

/** Another model can have weights of the same shapes, so the report names the file. */
function configurationFrom(name: string): ImportLoss {
  const message = `The weights file has no configuration; the layers are those of '${name}' in the same folder.`;
  return { code: 'model-file/configuration', severity: 'note', layer: null, message };
}

function weightsOnly(path: string): AppError {
  const stem = basename(path).replace(SUFFIX, '');
  return new AppError(
    'model-file/weights-only',
    `Expected a model in '${path}'; it has weights only. Save the model's JSON (model.to_json()) as '${stem}.json' in the same folder, or open the weights in a project that has this model.`,
    { path },
  );
}

function noWeights(path: string): AppError {
  return new AppError(
    'model-file/unsupported',
    `Expected weights of Keras in '${path}'; the file has none. Save the model again with model.save('NAME.keras').`,
    { path },
  );
}
