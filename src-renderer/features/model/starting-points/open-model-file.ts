import { replaceContent } from '../../../../src-shared/document/history/replace-content.ts';
import type { DropTarget } from '../../../slots/feature.ts';
import type { ModelDocument } from '../../../../src-shared/document/schema/model-document.ts';
import type { ModelFile } from '../../../state/editor-store.svelte.ts';
import type { Stores } from '../../../state/stores.ts';
import { looksLikeModel, readModelFile, readModelText } from './read-model-file.ts';

type Edited = Pick<Stores, 'documents' | 'model' | 'editor' | 'toasts' | 'project'>;

/** Opens a model; what was changed in it is first shown, to be accepted, and what was refused is only shown. */
function open(stores: Edited, file: ModelFile): boolean {
  if (!stores.project.mayEdit()) return false;
  if (file.document !== null && file.losses.every(({ severity }) => severity === 'note')) {
    replaceModelBy(stores, file.document);
  } else stores.editor.reportedFile = file;
  return true;
}

/** Opens a model in place of the one on the canvas, as one undoable change. The project's model keeps its name. */
export function replaceModelBy({ documents, model, editor, toasts }: Edited, document: ModelDocument): void {
  model.leaveTo(0);
  const next = { ...document, name: model.whole.name };
  // A model without blocks may use the open project's.
  const blocks = document.blocks.length === 0 ? model.whole.blocks : document.blocks;
  model.performOnWhole(replaceContent(model.whole, { ...next, blocks }, 'Open a model file'));
  model.seal();
  editor.select([]);
  requestAnimationFrame(() => editor.canvas?.fit());
  toasts.info('The model is open.', documents.undoOffer());
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

/** Opens a dropped Lamina model or Keras configuration on the canvas. */
export function modelDrop(stores: Edited & Pick<Stores, 'steps'>): DropTarget {
  return {
    id: 'model',
    label: 'Model',
    takes: 'Lamina or Keras JSON',
    effect: 'Opens it instead of the model on the canvas; undo brings that back.',
    fits: ({ text }) => text !== null && looksLikeModel(text),
    async open({ file }) {
      if (file === null) return;
      stores.steps.current = 'model';
      await openChosenFile(stores, file);
    },
  };
}
