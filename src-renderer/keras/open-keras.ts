import { AppError } from '../../src-shared/contract/app-error.ts';
import { fromKeras } from '../../src-shared/keras/from-keras.ts';
import { readKerasJson } from '../../src-shared/keras/read-json.ts';
import { replaceModel } from '../../src-shared/starting-points/sketch.ts';
import { createId } from '../editor/ids.ts';
import type { Studio } from '../state/studio.svelte.ts';

/** Larger files are not configurations. */
const MAX_BYTES = 32 * 2 ** 20;

/** True where a text may be a Keras configuration; cheap, for paste and drop. */
export function looksLikeKeras(text: string): boolean {
  return text.trimStart().startsWith('{') && text.includes('"class_name"');
}

/**
 * Opens a Keras configuration in place of the model on the canvas, as one undoable change, and says
 * what could not be taken over. What cannot be read changes nothing.
 */
export function openKeras({ model, editor, toasts }: Studio, text: string): boolean {
  try {
    const { sketch, notes } = fromKeras(readKerasJson(text));
    model.leaveTo(0);
    model.performOnWhole(replaceModel(model.whole, sketch, 'Open a Keras model', createId).change);
    model.seal();
    editor.select([]);
    requestAnimationFrame(() => editor.canvas?.fit());
    const action = { label: 'Undo', run: () => model.undo() };
    const more = notes.length > 1 ? ` And ${notes.length - 1} more.` : '';
    toasts.info(notes.length === 0 ? 'The Keras model is open.' : `${notes[0]}${more}`, action);
    return true;
  } catch (thrown) {
    toasts.fail(thrown);
    return false;
  }
}

/** Opens a chosen or dropped file. */
export async function openKerasFile(studio: Studio, file: File): Promise<boolean> {
  if (file.size <= MAX_BYTES) return openKeras(studio, await file.text());
  studio.toasts.fail(
    new AppError(
      'keras/too-large',
      `Expected a configuration of at most 32 MB; received ${file.name} of ${Math.round(file.size / 2 ** 20)} MB. ` +
        'Choose the JSON that model.to_json() writes, without weights.',
    ),
  );
  return false;
}
