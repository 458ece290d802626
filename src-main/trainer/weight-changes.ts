import { expandBlocks } from '../../src-shared/compiler/blocks/expand.ts';
import type { WeightChange } from '../../src-shared/contract/contract.ts';
import { readArtifact } from '../runs/artifacts.ts';
import type { Jobs } from './protocol.ts';

/** How far each weight of a checkpoint has moved from the run's first weights. Optimizer slots are left out. */
export async function weightChanges({
  model,
  initial,
  checkpoint,
}: Jobs['weightChanges']['params']): Promise<WeightChange[]> {
  const before = (await readArtifact(initial.folder, initial.sha256)).tensors;
  const after = (await readArtifact(checkpoint.folder, checkpoint.sha256)).tensors;
  const frozen = new Map(expandBlocks(model).document.nodes.map((node) => [node.name, node.frozen]));
  const changes: WeightChange[] = [];
  for (const [name, tensor] of after) {
    const layer = name.slice(0, name.lastIndexOf('/'));
    const first = before.get(name);
    if (first === undefined || !frozen.has(layer)) continue;
    changes.push({
      name,
      layer,
      shape: [...tensor.shape],
      frozen: frozen.get(layer)!,
      ...distance(first.data, tensor.data),
    });
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
  return { relativeChange: Math.sqrt(squaredChange) / scale, maxAbsoluteChange };
}
