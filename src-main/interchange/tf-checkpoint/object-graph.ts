import { bytesOf, fieldsOf, numberOf, textOf } from '../protobuf/message.ts';

/** A tensor of an object, as `tf.train.Checkpoint` and SavedModels record it. */
export interface GraphVariable {
  /** Keras's name of the variable: 'dense/kernel'. Several variables can have one name. */
  readonly fullName: string;
  /** Its key in the checkpoint. */
  readonly key: string;
}

export interface GraphNode {
  readonly children: ReadonlyMap<string, number>;
  readonly variables: readonly GraphVariable[];
}

/** The objects of a checkpoint; the first one is the root. */
export type ObjectGraph = readonly GraphNode[];

/**
 * Reads the message TrackableObjectGraph.
 * Source: https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/protobuf/trackable_object_graph.proto
 *
 * @throws RangeError if it is damaged.
 */
export function readObjectGraph(bytes: Uint8Array): ObjectGraph {
  const nodes: GraphNode[] = [];
  for (const [number, value] of fieldsOf(bytes)) if (number === 1) nodes.push(nodeOf(bytesOf(value)));
  for (const { children } of nodes) {
    for (const id of children.values())
      if (nodes[id] === undefined) throw new RangeError(`an object ${id} that is missing`);
  }
  if (nodes.length > 0) return nodes;
  throw new RangeError('no objects');
}

function nodeOf(bytes: Uint8Array): GraphNode {
  const children = new Map<string, number>();
  const variables: GraphVariable[] = [];
  for (const [number, value] of fieldsOf(bytes)) {
    if (number === 1) {
      const { id, name } = childOf(bytesOf(value));
      children.set(name, id);
    } else if (number === 2) {
      const variable = variableOf(bytesOf(value));
      if (variable !== null) variables.push(variable);
    }
  }
  return { children, variables };
}

function childOf(bytes: Uint8Array): { id: number; name: string } {
  // A protocol buffer leaves out a number that is 0.
  const child = { id: 0, name: '' };
  for (const [number, value] of fieldsOf(bytes)) {
    if (number === 1) child.id = numberOf(value);
    else if (number === 2) child.name = textOf(value);
  }
  return child;
}

/** Null: the state of another kind of object. */
function variableOf(bytes: Uint8Array): GraphVariable | null {
  const texts = ['', '', '', ''];
  for (const [number, value] of fieldsOf(bytes)) if (number <= 3) texts[number] = textOf(value);
  const [, name, fullName = '', key = ''] = texts;
  return name === 'VARIABLE_VALUE' ? { fullName, key } : null;
}

/**
 * The variables of an object and of those that belong to it, without repetitions, in the order of the graph.
 *
 * @param follows Whether a child belongs to the object, by its name.
 */
export function variablesBelow(
  graph: ObjectGraph,
  id: number,
  follows: (name: string) => boolean,
): readonly GraphVariable[] {
  const found: GraphVariable[] = [];
  const seen = new Set<number>();
  const open = [id];
  while (open.length > 0) {
    const at = open.pop()!;
    if (seen.has(at)) continue;
    seen.add(at);
    const { children, variables } = graph[at]!;
    found.push(...variables);
    open.push(
      ...[...children]
        .filter(([name]) => follows(name))
        .map(([, child]) => child)
        .toReversed(),
    );
  }
  return found;
}
