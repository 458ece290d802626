import type { CreateId } from '../../document/edits/edits.ts';
import type { ModelGroup } from '../../document/schema/model-document.ts';
import { layoutFolded } from '../layout/arrange.ts';
import type { LayoutGraph } from '../layout/layers.ts';
import { proposeGroups } from './propose-groups.ts';

interface FoldedGraph extends Pick<LayoutGraph, 'nodes' | 'edges'> {
  readonly groups: ModelGroup[];
}

/** A long graph with its proposed groups, folded and laid out. Null if no groups are proposed. */
export function foldedGraph({ nodes, edges, blocks = [] }: LayoutGraph, createId: CreateId): FoldedGraph | null {
  const proposed = proposeGroups({ nodes, edges });
  if (proposed.length === 0) return null;
  const groups = proposed.map(({ name }): ModelGroup => ({ id: createId(), name, collapsed: true }));
  const groupOf = new Map(proposed.flatMap(({ nodeIds }, at) => nodeIds.map((id) => [id, groups[at]!.id] as const)));
  const grouped = nodes.map((node) => {
    const group = groupOf.get(node.id);
    return group === undefined ? node : { ...node, group };
  });
  const places = layoutFolded({ nodes: grouped, edges, blocks, groups }, 'down', 'down');
  return {
    nodes: grouped.map((node) => ({ ...node, position: places.get(node.id) ?? node.position })),
    edges,
    groups,
  };
}
