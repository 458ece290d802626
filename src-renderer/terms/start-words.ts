import type { ModelDocument, ModelWeights } from '../../src-shared/document/schema/model-document.ts';
import type { RunRecord, RunSummary, Start } from '../../src-shared/training/run/run.ts';

/** What a run starts from if neither the model nor the person names weights. */
export const SEED_WORDS = 'random weights, by the seed';

/** Where a run's first weights come from: 'run 3, wider, best weights'. @param runs All runs that still exist. */
export function startWords(start: Start, runs: readonly RunSummary[]): string {
  if (start.kind === 'seed') return SEED_WORDS;
  if (start.kind === 'weights') return start.label;
  const source = runs.find(({ id }) => id === start.runId);
  const words = source === undefined ? 'a deleted run' : `run ${source.number}`;
  const named = source === undefined || source.name === words ? words : `${words}, ${source.name}`;
  return `${named}, ${start.checkpoint} weights${start.mode === 'resume' ? ', resumed' : ''}`;
}

/**
 * The model of a run with the weights that the run started from, for comparisons. A resumed run has the weights that
 * its model names.
 */
export function modelWithStart(
  { model, start }: Pick<RunRecord, 'model' | 'start'>,
  runs: readonly RunSummary[],
): ModelDocument {
  if (start.kind !== 'run' || start.mode === 'resume') return model;
  // Old records of deleted runs do not have the file.
  const artifact = start.artifact ?? `${start.runId} ${start.checkpoint}`;
  const weights: ModelWeights = { artifact, label: startWords(start, runs) };
  return { ...model, weights };
}
