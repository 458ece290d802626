import { randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { datasetDocumentSchema } from '../../src-shared/data/dataset-document.ts';
import { datasetOfThisVersion } from '../../src-shared/data/parse.ts';
import type { DatasetDocument } from '../../src-shared/data/dataset-document.ts';
import type { ArtifactStore } from './artifact-store.ts';
import { jsonText } from './json-text.ts';
import { checkpointFrom } from './queries.ts';
import type { Queries } from './queries.ts';
import { parsed } from './records.ts';
import type { Statements } from './statements.ts';
import { lossesFrom } from './step-losses.ts';
import type { Checkpoint, NewRun } from './types.ts';

interface Tables {
  readonly statements: Statements;
  readonly queries: Queries;
  readonly files: ArtifactStore;
}

/**
 * Inserts a run, and makes it the owner of the files that it needs. Call inside a transaction.
 *
 * @returns Its id.
 */
export function insertRun(
  { statements, queries, files }: Tables,
  run: NewRun,
  begun: { readonly state: 'preparing' | 'queued'; readonly coreId: string },
): string {
  const number = statements.nextNumber.get()!;
  const id = `run-${number}-${randomBytes(3).toString('hex')}`;
  const from = run.continueFrom;
  const row = from === undefined ? undefined : queries.checkpoint.get(from.runId, from.checkpoint);
  const source = row === undefined ? null : checkpointFrom(row);
  const startArtifact = from?.mode === 'resume' ? null : (run.startArtifact ?? source?.sha256 ?? null);
  const model = jsonText(run.model);
  if (run.group !== undefined) statements.group.run({ id: run.group.id, name: run.group.name });
  statements.insertRun.run({
    ...begun,
    id,
    number,
    name: run.name?.trim() || `run ${number}`,
    createdAt: new Date().toISOString(),
    continuedFrom: from?.runId ?? null,
    continuedMode: from?.mode ?? null,
    continuedCheckpoint: from?.checkpoint ?? null,
    startArtifact,
    model,
    dataset: jsonText(run.dataset),
    configuration: jsonText(run.configuration),
    versions: jsonText(run.versions),
    bestEpoch: null,
    startStep: from?.mode === 'resume' ? (source?.step ?? 0) : 0,
    groupId: run.group?.id ?? null,
    groupVariant: run.group?.variant ?? null,
    groupSeed: run.group?.seed ?? null,
  });
  files.ownByRun(id, model, startArtifact);
  if (from?.mode === 'resume' && source !== null) {
    copyHistory(statements, queries, id, from.runId, source, run.dataset);
  }
  for (const { command, ...position } of run.commands ?? []) {
    statements.command.run({ id, ...position, command: jsonText(command) });
  }
  return id;
}

/**
 * Copies the history of the source run to a run that resumes it: steps, epochs, and the initial and
 * best checkpoints up to the checkpoint where the run resumes. The record is then the same as that of
 * an uninterrupted run. The checkpoint also becomes the new run's last one, with its feature spec and
 * engine, so that the run can be resumed and used before it writes a checkpoint.
 */
function copyHistory(
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
