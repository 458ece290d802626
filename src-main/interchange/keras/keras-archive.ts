import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import { parseJson } from '../../../src-shared/text/parse-json.ts';
import { makeTemporaryFolder, sweepLeftovers } from '../../system/temporary-name.ts';
import { Hdf5File } from '../hdf5/hdf5-file.ts';
import type { ImportedModel, ImportOptions, ModelImporter } from '../importer/model-importer.ts';
import { ZipFile } from '../../file-formats/zip-file.ts';
import { importKeras } from './imported-model.ts';
import { optimizerConfig, readOptimizerState, storeVariables } from './optimizer-state.ts';
import { readModel } from './read-model.ts';
import { readStoreWeights, storeParameters } from './store-weights.ts';

/** Configurations of large models have a few megabytes. */
const MAX_CONFIG_BYTES = 64 * 2 ** 20;
const TEMPORARY = 'lamina-import-';
const WEIGHTS = 'model.weights.h5';

/** `.keras` files of Keras 3 and of Keras 2.12 and later: a zip archive of a configuration and HDF5 weights. */
export const kerasArchive: ModelImporter = {
  formats: ['keras'],
  accepts: (head, name) => head[0] === 0x50 && head[1] === 0x4b && name.toLowerCase().endsWith('.keras'),
  import: importArchive,
};

async function importArchive(path: string, { signal, onProgress }: ImportOptions): Promise<ImportedModel> {
  onProgress(null, 'Reading the configuration');
  const zip = await ZipFile.open(path);
  // A cancelled import is killed and leaves its folder.
  await sweepLeftovers(tmpdir(), TEMPORARY);
  const folder = await makeTemporaryFolder(TEMPORARY);
  let weights: Hdf5File | null = null;
  const close = async (): Promise<void> => {
    weights?.close();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    if (!zip.has('config.json')) throw notAKerasArchive(path);
    const text = new TextDecoder().decode(await zip.bytes('config.json', MAX_CONFIG_BYTES));
    const drawing = readModel(text, await kerasVersionOf(zip));
    if (zip.has(WEIGHTS)) {
      onProgress(null, 'Unpacking the weights');
      const target = join(folder, WEIGHTS);
      await zip.extract(WEIGHTS, target, signal);
      weights = await Hdf5File.open(target);
    } else if (zip.entries.some(({ name }) => name.startsWith('model.weights'))) throw otherWeights(path);
    const file = weights;
    const { sketch, report, layers, version } = drawing;
    const { trainable, ...imported } = await importKeras(
      basename(path).replace(/\.keras$/i, ''),
      sketch,
      report,
      layers,
      file === null ? null : (tree, slotsOf) => readStoreWeights(file, '', tree, slotsOf),
    );
    return {
      format: 'keras',
      ...imported,
      fileParameters: file === null ? null : storeParameters(file),
      writtenBy: `Keras ${version ?? 'of an unknown version'}`,
      layers: report.layers.length,
      hasOptimizerState: file?.isGroup('optimizer/vars') === true && (file.names('optimizer/vars')?.length ?? 0) > 2,
      readOptimizerState: async () =>
        readOptimizerState(optimizerConfig(text), file === null ? [] : storeVariables(file), trainable),
      losses: report.losses,
      matches: null,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  } finally {
    zip.close();
  }
}

async function kerasVersionOf(zip: ZipFile): Promise<string | null> {
  if (!zip.has('metadata.json')) return null;
  try {
    const metadata: unknown = parseJson(new TextDecoder().decode(await zip.bytes('metadata.json', MAX_CONFIG_BYTES)));
    const version =
      typeof metadata === 'object' && metadata !== null && 'keras_version' in metadata ? metadata.keras_version : null;
    return typeof version === 'string' ? version : null;
  } catch (error) {
    if (error instanceof AppError) throw error;
    return null;
  }
}

function notAKerasArchive(path: string): AppError {
  return new AppError(
    'model-file/damaged',
    `Expected a Keras model in '${path}'; the archive has no 'config.json'. Save the model again with model.save('NAME.keras').`,
    { path },
  );
}

function otherWeights(path: string): AppError {
  return new AppError(
    'model-file/unsupported',
    `Expected '${WEIGHTS}' in '${path}'; received weights in another format. Save the model again with model.save('NAME.keras').`,
    { path },
  );
}
