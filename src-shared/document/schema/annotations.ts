import type { ModelDocument, ModelGroup, ModelNode, ModelNote } from './model-document.ts';

/** Notes and groups of a graph. */

export type Annotations = Pick<ModelDocument, 'notes' | 'groups'>;
/** The parts of a graph that can be grouped. */
export type GroupedGraph = Pick<ModelDocument, 'nodes' | 'notes' | 'groups'>;

export interface Members {
  readonly nodes: readonly ModelNode[];
  readonly notes: readonly ModelNote[];
}

/**
 * The graph with these notes and groups. Omits empty lists, and writes the others last and in one
 * order, so that equal graphs are equal JSON.
 */
export function annotated<Graph extends Annotations>(graph: Graph, { notes, groups }: Annotations): Graph {
  const { notes: _notes, groups: _groups, ...rest } = graph;
  return {
    ...rest,
    ...(notes === undefined || notes.length === 0 ? {} : { notes }),
    ...(groups === undefined || groups.length === 0 ? {} : { groups }),
  } as Graph;
}

export function membersOf({ nodes, notes = [] }: GroupedGraph, groupId: string): Members {
  return {
    nodes: nodes.filter(({ group }) => group === groupId),
    notes: notes.filter(({ group }) => group === groupId),
  };
}

/** Groups without members after the removal of these nodes and notes. */
export function emptied(graph: GroupedGraph, gone: ReadonlySet<string>): ModelGroup[] {
  const { nodes, notes = [], groups = [] } = graph;
  if (groups.length === 0) return [];
  const left = new Set([...nodes, ...notes].filter(({ id }) => !gone.has(id)).map(({ group }) => group));
  return groups.filter(({ id }) => !left.has(id));
}

/** Operations that remove the groups without members; apply them after removing the members. */
export function removeEmptied(graph: GroupedGraph, gone: ReadonlySet<string>) {
  return emptied(graph, gone).map(({ id }) => ({ kind: 'removeGroup', groupId: id }) as const);
}

/** The member without its group. */
export function ungrouped<Member extends { readonly group?: string | undefined }>(member: Member): Member {
  if (member.group === undefined) return member;
  const { group: _group, ...rest } = member;
  return rest as Member;
}
