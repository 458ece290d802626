import type { ModelNode } from '../../../../src-shared/document/schema/model-document.ts';
import type { RunRecord, RunSummary } from '../../../../src-shared/training/run/run.ts';
import type { Stores } from '../../../state/stores.ts';

/** Runs before these are not asked. */
const MOST_RUNS = 8;

/** The newest run that has weights of all these layers; null where none of the last has. */
export async function trainedBy(
  { runs }: Pick<Stores, 'runs'>,
  layers: readonly ModelNode[],
): Promise<RunSummary | null> {
  if (layers.length === 0) return null;
  const usable = runs.list.filter(({ lastCheckpoint }) => lastCheckpoint !== null).slice(0, MOST_RUNS);
  for (const run of usable) {
    if (hasLayers(await runs.records.get(run.id), layers)) return run;
  }
  return null;
}

/** Weights are found by their layers' names; layers of the same settings have the same shapes. */
function hasLayers({ model }: RunRecord, layers: readonly ModelNode[]): boolean {
  const known = new Map(model.nodes.map((node) => [node.name, node]));
  return layers.every(({ name, kind, params }) => {
    const node = known.get(name);
    return node?.kind === kind && JSON.stringify(sorted(node.params)) === JSON.stringify(sorted(params));
  });
}

function sorted(params: ModelNode['params']): unknown[] {
  return Object.entries(params).toSorted(([a], [b]) => (a < b ? -1 : 1));
}
