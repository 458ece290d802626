import { AppError } from '../../../../src-shared/errors/app-error.ts';
import {
  MODEL_FORMAT,
  MODEL_VERSION,
  type ModelDocument,
} from '../../../../src-shared/document/schema/model-document.ts';
import { parseModelDocument } from '../../../../src-shared/document/reading/parse.ts';
import { fromKeras } from '../../../../src-shared/interchange/keras/from-keras.ts';
import { readKerasJson } from '../../../../src-shared/interchange/keras/read-json.ts';
import { replaceModel } from '../../../../src-shared/starting-points/sketch.ts';
import { applyChange } from '../../../../src-shared/document/history/operations.ts';
import { parseJson } from '../../../../src-shared/text/parse-json.ts';
import { createId } from '../../../state/ids.ts';

/** Larger files hold no model. */
const MAX_BYTES = 32 * 2 ** 20;

export interface ModelFile {
  readonly document: ModelDocument;
  /** What could not be taken over, in sentences. */
  readonly notes: readonly string[];
}

/** True where a text may be a whole model; cheap, for pasting. */
export function looksLikeModel(text: string): boolean {
  return text.trimStart().startsWith('{') && (looksLikeKeras(text) || text.includes(`"${MODEL_FORMAT}"`));
}

function looksLikeKeras(text: string): boolean {
  return text.includes('"class_name"') && !text.includes(`"${MODEL_FORMAT}"`);
}

/**
 * Reads a model from a text: a Lamina model document, or a Keras configuration.
 * @param name Named in messages.
 * @throws AppError `keras/…`, `document/…`, `model-file/unknown`.
 */
export function readModelText(text: string, name: string): ModelFile {
  if (looksLikeKeras(text)) {
    const { sketch, notes } = fromKeras(readKerasJson(text));
    const empty: ModelDocument = {
      format: MODEL_FORMAT,
      version: MODEL_VERSION,
      name: name.replace(/(\.lamina)?\.json$/, ''),
      nodes: [],
      edges: [],
      blocks: [],
    };
    return { document: applyChange(empty, replaceModel(empty, sketch, 'Read', createId).change), notes };
  }
  const { document, warnings } = parseModelDocument(jsonOf(text, name), `'${name}'`);
  return { document, notes: warnings.map(({ message }) => message) };
}

/** Reads a chosen or dropped file. @throws AppError as `readModelText`, `model-file/too-large`. */
export async function readModelFile(file: File): Promise<ModelFile> {
  if (file.size <= MAX_BYTES) return readModelText(await file.text(), file.name);
  throw new AppError(
    'model-file/too-large',
    `Expected a model of at most 32 MB; received ${file.name} of ${Math.round(file.size / 2 ** 20)} MB. ` +
      'Choose a model document, or the JSON that model.to_json() writes, without weights.',
  );
}

function jsonOf(text: string, name: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    throw new AppError(
      'model-file/unknown',
      `Expected a Lamina model (*.lamina.json) or a Keras configuration in '${name}'; received text that cannot be read as JSON ` +
        `(${error instanceof Error ? error.message : String(error)}). Choose another file.`,
    );
  }
}
