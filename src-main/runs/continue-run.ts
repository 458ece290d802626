import { isDeepStrictEqual } from 'node:util';
import { datasetDocumentSchema } from '../../src-shared/data/dataset-document.ts';
import { datasetOfThisVersion } from '../../src-shared/data/parse.ts';
import type { DatasetDocument } from '../../src-shared/data/dataset-document.ts';
import type { Queries } from './queries.ts';
import { parsed } from './records.ts';
import type { Statements } from './statements.ts';
import { lossesFrom } from './step-losses.ts';
import type { Checkpoint } from './types.ts';

/**
 * Copies the history of the source run to a run that resumes it: steps, epochs, and the initial and
 * best checkpoints up to the checkpoint where the run resumes. The record is then the same as that of
 * an uninterrupted run. The checkpoint also becomes the new run's last one, with its feature spec and
 * engine, so that the run can be resumed and used before it writes a checkpoint.
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
  statements.copyCommands.run({ id, source, step });
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

/** @param recorded The document's JSON text, possibly of an older version. */
function sameDataset(recorded: string | undefined, dataset: DatasetDocument): boolean {
  if (recorded === undefined) return false;
  const document = datasetDocumentSchema.safeParse(datasetOfThisVersion(parsed(recorded)));
  return document.success && isDeepStrictEqual(document.data, datasetDocumentSchema.parse(dataset));
}
