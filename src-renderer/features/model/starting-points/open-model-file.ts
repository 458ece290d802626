import { replaceContent } from '../../../../src-shared/document/history/replace-content.ts';
import type { DropTarget } from '../../../slots/feature.ts';
import type { Stores } from '../../../state/stores.ts';
import { looksLikeModel, readModelFile, readModelText, type ModelFile } from './read-model-file.ts';

type Edited = Pick<Stores, 'documents' | 'model' | 'editor' | 'toasts' | 'project'>;

/**
 * Opens a model in place of the one on the canvas, as one undoable change, and says what could not
 * be taken over. The project's model keeps its name.
 */
function open({ documents, model, editor, toasts, project }: Edited, { document, losses }: ModelFile): boolean {
  if (!project.mayEdit() || document === null) return false;
  const notes = losses.map(({ message }) => message);
  model.leaveTo(0);
  const next = { ...document, name: model.whole.name };
  // A model without blocks may use the open project's.
  const blocks = document.blocks.length === 0 ? model.whole.blocks : document.blocks;
  model.performOnWhole(replaceContent(model.whole, { ...next, blocks }, 'Open a model file'));
  model.seal();
  editor.select([]);
  requestAnimationFrame(() => editor.canvas?.fit());
  const more = notes.length > 1 ? ` And ${notes.length - 1} more.` : '';
  toasts.info(notes.length === 0 ? 'The model is open.' : `${notes[0]}${more}`, documents.undoOffer());
  return true;
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
