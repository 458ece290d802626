import { AppError } from '../../../../src-shared/errors/app-error.ts';
import { MODEL_FORMAT, type ModelDocument } from '../../../../src-shared/document/schema/model-document.ts';
import { parseModelDocument } from '../../../../src-shared/document/reading/parse.ts';
import { readKeras } from '../../../../src-shared/interchange/keras/from-keras.ts';
import { looksLikeKerasCode, readKerasCode } from '../../../../src-shared/interchange/keras/code-reader/read-code.ts';
import { layerRows, layersOfDocument } from '../../../../src-shared/interchange/layer-rows.ts';
import { openedDocument } from '../../../../src-shared/starting-points/sketch.ts';
import { parseJson } from '../../../../src-shared/text/parse-json.ts';
import type { ModelFile } from '../../../state/editor-store.svelte.ts';
import { createId } from '../../../state/ids.ts';

/** Larger files hold no model. */
const MAX_BYTES = 32 * 2 ** 20;

/** True where a text may be a whole model; cheap, for pasting. */
export function looksLikeModel(text: string): boolean {
  if (/^\s*[{["]/.test(text)) return looksLikeKeras(text) || text.includes(`"${MODEL_FORMAT}"`);
  return looksLikeKerasCode(text);
}

/** Also JSON inside a string. */
function looksLikeKeras(text: string): boolean {
  return /\\?"class_name\\?"/.test(text) && !text.includes(`"${MODEL_FORMAT}"`);
}

/**
 * Reads a model from a text: a Lamina model document, a Keras configuration, or Python code that defines a Keras model.
 * @param name Named in messages.
 * @throws AppError `keras/…`, `document/…`, `model-file/unknown`.
 */
export function readModelText(text: string, name: string): ModelFile {
  const isJson = /^\s*[{["]/.test(text);
  if (looksLikeKeras(text) || (!isJson && looksLikeKerasCode(text))) {
    const { sketch, report } = isJson ? readKeras(text) : readKerasCode(text);
    const { layers, losses: found } = report;
    if (sketch === null)
      return { name, document: null, losses: found, matches: null, rows: layerRows(layers, null, found) };
    const document = openedDocument(name.replace(/((\.lamina)?\.json|\.py)$/, ''), sketch, createId);
    return { name, document, losses: found, matches: null, rows: layerRows(layers, document, found) };
  }
  const { document, warnings } = parseModelDocument(jsonOf(text, name), `'${name}'`);
  const losses = warnings.map(({ message }) => {
    return { code: 'document/warning', severity: 'changed', layer: null, message } as const;
  });
  const rows = layerRows(layersOfDocument(document, null), document, losses);
  return { name, document, losses, matches: null, rows };
}

/** Reads a chosen or dropped file. @throws AppError as `readModelText`, `model-file/too-large`. */
export async function readModelFile(file: File): Promise<ModelFile> {
  if (file.size <= MAX_BYTES) return readModelText(await file.text(), file.name);
  throw new AppError(
    'model-file/too-large',
    `Expected a model of at most 32 MB; received ${file.name} of ${Math.round(file.size / 2 ** 20)} MB. ` +
      'Choose a model document, the JSON that model.to_json() writes, or code.',
  );
}

/**
 * Reads a model for a comparison.
 * @throws AppError as `readModelFile`, `model-file/refused`.
 */
export async function readModelOf(file: File): Promise<ModelDocument> {
  const { document, losses } = await readModelFile(file);
  if (document !== null) return document;
  const refused = losses.filter(({ severity }) => severity === 'refused');
  throw new AppError('model-file/refused', refused.map(({ message }) => message).join(' '));
}

function jsonOf(text: string, name: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    throw new AppError(
      'model-file/unknown',
      `Expected a Lamina model (*.lamina.json), a Keras configuration or Python code of a Keras model in '${name}'; received text that cannot be read as JSON ` +
        `(${error instanceof Error ? error.message : String(error)}). Choose another file.`,
    );
  }
}
