import type { ModelWeights } from '../../../src-shared/document/schema/model-document.ts';
import type { CheckpointKind } from '../../../src-shared/training/run/run.ts';
import { readArtifact, writeArtifact } from '../../runs/artifacts.ts';
import type { RunStore } from '../../runs/store.ts';
import { whenFree } from '../../runs/when-free.ts';

/** Names of tensors that are no weights of a layer begin with this. */
const OPTIMIZER = 'optimizer/';

/**
 * Keeps the weights of a run for a model of which the run has trained a part. Weights that the model names now stay where
 * the run has none of the same name.
 *
 * @returns For the model document.
 * @throws AppError 'runs/…', 'weights/missing'.
 */
export async function keepPretrained(
  store: RunStore,
  weights: ModelWeights | undefined,
  runId: string,
  checkpoint: CheckpointKind,
): Promise<ModelWeights> {
  const trained = await whenFree(() => store.keepWeights(runId, checkpoint));
  if (weights === undefined) return trained;
  const { folder } = store.files;
  const [before, after] = [await readArtifact(folder, weights.artifact), await readArtifact(folder, trained.artifact)];
  const isWeight = ([name]: readonly [string, unknown]): boolean => !name.startsWith(OPTIMIZER);
  if ([...before.tensors].filter(isWeight).every(([name]) => after.tensors.has(name))) return trained;
  const tensors = new Map([...before.tensors, ...after.tensors].filter(isWeight));
  const { sha256 } = await writeArtifact(folder, tensors);
  const { number, featureSpec } = store.get(runId);
  const { epoch } = store.requireCheckpoint(runId, checkpoint);
  const origin = { kind: 'run', runId, number, checkpoint, epoch } as const;
  await whenFree(() => store.files.keep(() => ({ sha256, origin, spec: featureSpec })));
  return { artifact: sha256, label: `${trained.label}; other layers: ${weights.label}` };
}
