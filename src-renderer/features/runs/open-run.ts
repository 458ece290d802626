import { sameJson } from '../../../src-shared/text/same-json.ts';
import { configurationAfter, modelAfter } from '../../../src-shared/training/commands/run-command.ts';
import type { RunRecord, RunSummary } from '../../../src-shared/training/run/run.ts';
import type { DocumentName, ProjectDocuments } from '../../state/documents-store.svelte.ts';
import type { Stores } from '../../state/stores.ts';

export type OpeningStores = Pick<Stores, 'documents' | 'editor' | 'model' | 'project' | 'runs' | 'steps' | 'toasts'>;

const words: Readonly<Record<DocumentName, string>> = {
  model: 'model',
  dataset: 'data settings',
  configuration: 'training configuration',
};

/**
 * Replaces the project's documents by those of a run, with the settings that changed while it trained, in one undoable
 * step, and shows the model.
 */
export async function openRun(stores: OpeningStores, { id }: RunSummary): Promise<void> {
  const { documents, editor, model, project, runs, steps, toasts } = stores;
  if (!project.mayEdit()) return;
  let record: RunRecord;
  try {
    record = await runs.records.get(id);
  } catch (thrown) {
    toasts.fail(thrown);
    return;
  }
  const settings = runs.editsOf(record);
  const changed = changesTo(documents.current, {
    model: modelAfter(record.model, settings),
    dataset: record.dataset,
    configuration: configurationAfter(record.configuration, settings),
  });
  const parts = Object.keys(changed) as DocumentName[];
  if (parts.length > 0) {
    model.leaveTo(0);
    documents.perform(changed, { label: `Open run ${record.number}` });
    documents.seal();
    editor.select([]);
  }
  steps.current = 'model';
  requestAnimationFrame(() => editor.canvas?.fit());
  const replaced = new Intl.ListFormat('en', { type: 'conjunction' }).format(parts.map((part) => words[part]));
  const text =
    parts.length === 0
      ? `The project already has the model, data settings and training configuration of run ${record.number}.`
      : `Run ${record.number} is open: its ${replaced} replaced the project's.`;
  const included = settings.length > 0 ? ' Settings that changed while it trained are included.' : '';
  toasts.info(`${text}${included}`, parts.length === 0 ? {} : documents.undoOffer());
}

/** The given documents that differ from the current ones. */
function changesTo(current: ProjectDocuments, documents: ProjectDocuments): Partial<ProjectDocuments> {
  const { model, dataset, configuration } = documents;
  return {
    ...(sameJson(model, current.model) ? {} : { model }),
    ...(sameJson(dataset, current.dataset) ? {} : { dataset }),
    ...(sameJson(configuration, current.configuration) ? {} : { configuration }),
  };
}
