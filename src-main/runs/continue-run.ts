import { isDeepStrictEqual } from 'node:util';
import { datasetDocumentSchema } from '../../src-shared/data/dataset-document.ts';
import type { DatasetDocument } from '../../src-shared/data/dataset-document.ts';
import type { Queries } from './queries.ts';
import { parsed } from './records.ts';
import type { Statements } from './statements.ts';
import { lossesFrom } from './step-losses.ts';
import type { Checkpoint } from './types.ts';

/**
 * Gives a run that resumes another the other's steps, epochs, and first and best checkpoint up to
 * the checkpoint it starts from, so that its record reads as if it had never been interrupted.
 * That checkpoint is its own last one: it can be resumed and used before it has written another,
 * with the feature spec and the engine that made it.
 * Call inside a transaction.
 */
export function copyHistory(
  statements: Statements,
  queries: Queries,
  id: string,
  source: string,
  checkpoint: Checkpoint,
  dataset: DatasetDocument,
): void {
  const { epoch, step } = checkpoint;
  statements.copyEpochs.run({ id, source, epoch });
  statements.copyCheckpoints.run({ id, source, epoch });
  statements.copyLast.run({ id, source, kind: checkpoint.kind });
  const sameData = sameDataset(queries.run.get(source)?.dataset, dataset) ? 1 : 0;
  statements.copyPreparation.run({ id, source, sameData });
  for (const row of queries.steps.all(source)) {
    const losses = lossesFrom(row.losses).slice(0, Math.max(0, step - row.first_step + 1));
    if (losses.length > 0) {
      statements.steps.run({ id, firstStep: row.first_step, losses: new Uint8Array(losses.buffer) });
    }
  }
  statements.progress.run({ id, stepsDone: step, seq: 0 });
  const best = queries.checkpoint.get(id, 'best');
  if (best !== undefined && best.epoch > 0) statements.best.run({ id, epoch: best.epoch });
}

/** @param recorded The document's JSON text, maybe of an older version. */
function sameDataset(recorded: string | undefined, dataset: DatasetDocument): boolean {
  if (recorded === undefined) return false;
  const document = datasetDocumentSchema.safeParse(parsed(recorded));
  return document.success && isDeepStrictEqual(document.data, datasetDocumentSchema.parse(dataset));
}
