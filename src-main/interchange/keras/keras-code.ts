import { basename } from 'node:path';
import { randomUUID } from 'node:crypto';
import { readKerasCode } from '../../../src-shared/interchange/keras/code-reader/read-code.ts';
import { openedDocument } from '../../../src-shared/starting-points/sketch.ts';
import { readRegularFile } from '../../system/regular-file.ts';
import { refusedModel } from '../importer/refused-model.ts';
import type { ImportedModel, ModelImporter } from '../importer/model-importer.ts';
import { compiled } from './imported-model.ts';

/** Python files that define a Keras model. They are read, not run, and have no weights. */
export const kerasCode: ModelImporter = {
  formats: ['keras-code'],
  accepts: (_, name) => /\.py$/i.test(name),
  import: importCode,
};

async function importCode(path: string): Promise<ImportedModel> {
  const { sketch, report } = readKerasCode(await readRegularFile(path));
  if (sketch === null) throw refusedModel(report);
  const document = openedDocument(basename(path).replace(/\.py$/i, ''), sketch, randomUUID);
  compiled(document);
  return {
    format: 'keras-code',
    document,
    weights: null,
    writtenBy: 'Python',
    layers: report.layers.length,
    layersOfFile: report.layers,
    takenParameters: 0,
    fileParameters: null,
    hasOptimizerState: false,
    losses: report.losses,
    matches: null,
    close: async () => {},
  };
}
