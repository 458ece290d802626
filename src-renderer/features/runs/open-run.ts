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

const wordsOf = (names: readonly DocumentName[]): string =>
  new Intl.ListFormat('en', { type: 'conjunction' }).format(names.map((name) => words[name]));

/**
 * Replaces the project's documents by those of a run, with the settings that changed while it trained, in one undoable
 * step, and shows the model.
 *
 * @param opened The documents that are replaced.
 */
export async function openRun(
  stores: OpeningStores,
  { id }: RunSummary,
  opened: readonly DocumentName[] = ['model', 'dataset', 'configuration'],
): Promise<void> {
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
  const changed = changesTo(documents.current, opened, {
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
  const text =
    parts.length === 0
      ? `The project already has the ${wordsOf(opened)} of run ${record.number}.`
      : `Run ${record.number} is open: its ${wordsOf(parts)} replaced the project's.`;
  const included = settings.length > 0 ? ' Settings that changed while it trained are included.' : '';
  toasts.info(`${text}${included}`, parts.length === 0 ? {} : documents.undoOffer());
}

/** The given documents that differ from the current ones. */
function changesTo(
  current: ProjectDocuments,
  opened: readonly DocumentName[],
  { model, dataset, configuration }: ProjectDocuments,
): Partial<ProjectDocuments> {
  const replaces = (name: DocumentName, document: unknown): boolean =>
    opened.includes(name) && !sameJson(document, current[name]);
  return {
    ...(replaces('model', model) ? { model } : {}),
    ...(replaces('dataset', dataset) ? { dataset } : {}),
    ...(replaces('configuration', configuration) ? { configuration } : {}),
  };
}
