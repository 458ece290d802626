import type { DatasetDocument } from '../../../../src-shared/data/dataset-document.ts';
import { applyChange, type Change } from '../../../../src-shared/document/history/operations.ts';
import type { SketchTemplate } from '../../../../src-shared/starting-points/templates/template.ts';
import type { OutputConfiguration } from '../../../../src-shared/training/configuration/configuration.ts';
import type { Stores } from '../../../state/stores.ts';
import type { Toast } from '../../../state/toasts.svelte.ts';
import { fittedGoals } from './fitted-goals.ts';

type Edited = Pick<Stores, 'documents' | 'model' | 'dataset' | 'configuration' | 'editor' | 'toasts'>;

interface Beginning {
  readonly change: Change;
  /** Losses and metrics of Outputs for which the defaults are not used. */
  readonly goals?: Readonly<Record<string, OutputConfiguration>>;
  /** The data set as the model expects it, if it changes. */
  readonly dataset?: DatasetDocument;
  /** A message and its button, instead of the usual ones. Without an action, the button undoes the change. */
  readonly said?: { readonly message: string; readonly action?: Toast['action'] };
}

/**
 * Puts a new model on the canvas as one undoable step, and sees to it that loss and metrics fit its Outputs:
 * undo and redo take these settings along.
 */
export function beginModel(
  { documents, model, dataset, configuration, editor, toasts }: Edited,
  beginning: Beginning,
): void {
  const hadLayers = model.whole.nodes.length > 0;
  const before = configuration.value;
  const next = applyChange(model.whole, beginning.change);
  const goals = fittedGoals(next, dataset.features, before, beginning.goals ?? {});
  const reset = goals.loss !== before.loss || goals.metrics !== before.metrics;
  model.leaveTo(0);
  const changedData = beginning.dataset === undefined ? {} : { dataset: beginning.dataset };
  documents.perform({ model: next, configuration: goals, ...changedData }, beginning.change);
  documents.seal();
  editor.select([]);
  requestAnimationFrame(() => editor.canvas?.fit());
  if (beginning.said !== undefined) {
    const { message, action } = beginning.said;
    toasts.info(message, action === undefined ? documents.undoOffer() : { action });
  } else if (hadLayers) {
    const more = reset ? ' Loss and metrics are chosen from the target again.' : '';
    toasts.info(`The new model takes the place of the old one.${more}`, documents.undoOffer());
  }
}

/** Begins with a template that is a whole model, with the goals that come with it. */
export function beginTemplate(stores: Edited, template: SketchTemplate, change: Change): void {
  beginModel(stores, { change, ...(template.goals === undefined ? {} : { goals: template.goals }) });
}
