import { modelWeights } from '../../../src-shared/compiler/model-programs.ts';
import type { WeightChange } from '../../../src-shared/contract/run-results.ts';
import { readArtifact } from '../../runs/artifacts.ts';
import type { TrainerCalls } from '../../training-protocol/protocol.ts';

/**
 * How far each weight of a checkpoint has moved from the run's first weights: every weight of the
 * model, in its order. Optimizer slots are left out.
 *
 * @param onProgress Called before each weight with the fraction done; what it throws ends the comparison.
 */
export async function weightChanges(
  { trained, initial }: TrainerCalls['weightChanges']['params'],
  onProgress: (fraction: number) => Promise<void> = async () => {},
): Promise<WeightChange[]> {
  const { model, featureSpec, configuration, checkpoint } = trained;
  await onProgress(0);
  const before = (await readArtifact(initial.folder, initial.sha256)).tensors;
  const after = (await readArtifact(checkpoint.folder, checkpoint.sha256)).tensors;
  const weights = modelWeights(model, featureSpec, configuration);
  const changes: WeightChange[] = [];
  for (const [index, { name, layer, shape, frozen }] of weights.entries()) {
    await onProgress(index / weights.length);
    const [first, last] = [before.get(name), after.get(name)];
    if (first === undefined || last === undefined) throw new Error(`A checkpoint lacks the weight '${name}'.`);
    changes.push({ name, layer, shape: [...shape], frozen, ...distance(first.data, last.data) });
  }
  return changes;
}

function distance(
  before: ArrayLike<number>,
  after: ArrayLike<number>,
): Pick<WeightChange, 'relativeChange' | 'maxAbsoluteChange'> {
  let squaredChange = 0;
  let squaredBefore = 0;
  let maxAbsoluteChange = 0;
  for (let i = 0; i < after.length; i++) {
    const change = after[i]! - before[i]!;
    squaredChange += change * change;
    squaredBefore += before[i]! * before[i]!;
    maxAbsoluteChange = Math.max(maxAbsoluteChange, Math.abs(change));
  }
  const scale = squaredBefore === 0 ? 1 : Math.sqrt(squaredBefore);
  const relativeChange = Math.sqrt(squaredChange) / scale;
  if (!Number.isFinite(relativeChange)) return { relativeChange: null, maxAbsoluteChange: null };
  return { relativeChange, maxAbsoluteChange };
}
