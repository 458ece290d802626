import { replaceContent } from '../../../../src-shared/document/history/replace-content.ts';
import { modelImportReportSchema } from '../../../../src-shared/contract/import-results.ts';
import type { ImportedModelResult } from '../../../../src-shared/contract/import-results.ts';
import { isModelFileName } from '../../../../src-shared/contract/model-formats.ts';
import type { AppError } from '../../../../src-shared/errors/app-error.ts';
import type { DroppedItem, DropTarget } from '../../../slots/feature.ts';
import type { ModelDocument } from '../../../../src-shared/document/schema/model-document.ts';
import type { ModelFile } from '../../../state/editor-store.svelte.ts';
import type { Stores } from '../../../state/stores.ts';
import { looksLikeModel, readModelFile, readModelText } from './read-model-file.ts';

type Edited = Pick<Stores, 'documents' | 'model' | 'editor' | 'toasts' | 'project'>;

/** Opens a model. A dialog reports first what the reader changed or refused, and where weights without a model go. */
function open(stores: Edited, file: ModelFile): boolean {
  if (!stores.project.mayEdit()) return false;
  if (file.document !== null && file.matches === null && file.losses.every(({ severity }) => severity === 'note')) {
    replaceModelBy(stores, file, file.document);
  } else stores.editor.reportedFile = file;
  return true;
}

/** Opens a model in place of the one on the canvas, as one undoable change. The project's model keeps its name. */
export function replaceModelBy(
  { documents, model, editor, toasts }: Edited,
  file: ModelFile,
  document: ModelDocument,
): void {
  model.leaveTo(0);
  const next = { ...document, name: model.whole.name };
  // A model without blocks may use the open project's.
  const blocks = document.blocks.length === 0 ? model.whole.blocks : document.blocks;
  model.performOnWhole(replaceContent(model.whole, { ...next, blocks }, 'Open a model file'));
  model.seal();
  editor.openedFile = file;
  editor.select([]);
  requestAnimationFrame(() => editor.canvas?.fit());
  toasts.info('The model is open.', documents.undoOffer());
}

/** Opens a model file that core has read; its weights are in the project. */
export function openImported(stores: Edited, { document, report }: ImportedModelResult): boolean {
  const { file: name, losses, matches, rows } = report;
  return open(stores, { name, document, losses, matches, rows });
}

/** What the dialog of a refused file shows; null for other errors. */
export function refusedFile(path: string, error: AppError | null): ModelFile | null {
  if (error?.code !== 'model-file/refused') return null;
  const { success, data } = modelImportReportSchema.pick({ losses: true, rows: true }).safeParse(error.details);
  return success ? { name: path.split(/[/\\]/).at(-1) ?? path, document: null, matches: null, ...data } : null;
}

/** Opens a pasted model. What cannot be read changes nothing. */
export function openModelText(stores: Edited, text: string): boolean {
  try {
    return open(stores, readModelText(text, 'the pasted text'));
  } catch (thrown) {
    stores.toasts.fail(thrown);
    return false;
  }
}

/**
 * Opens a chosen file. What cannot be read changes nothing.
 * @throws AppError as `readModelFile`.
 */
export async function openChosenFile(stores: Edited, file: File): Promise<boolean> {
  return open(stores, await readModelFile(file));
}

/** True if core must read the file: it has weights, or, for TensorFlow.js, its weights are in other files. */
function needsCore({ name, text }: DroppedItem): boolean {
  return isModelFileName(name) && (text === null || /"modelTopology"/.test(text));
}

/** Opens a dropped model on the canvas. */
export function modelDrop(stores: Edited & Pick<Stores, 'steps'>): DropTarget {
  return {
    id: 'model',
    label: 'Model',
    takes: 'Lamina, Keras, TensorFlow or ONNX',
    effect: 'Opens it instead of the model on the canvas; undo brings that back.',
    fits: (item) => item.file !== null && (needsCore(item) || (item.text !== null && looksLikeModel(item.text))),
    async open(item) {
      const { name, file, path } = item;
      if (file === null) return;
      stores.steps.current = 'model';
      if (!needsCore(item)) await openChosenFile(stores, file);
      else if (stores.project.mayEdit()) stores.editor.openingModel = { dropped: { name, sizeBytes: file.size, path } };
    },
  };
}
