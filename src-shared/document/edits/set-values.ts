import { namesOf } from './edits.ts';
import type { JsonValue, ModelDocument, ModelNode } from '../schema/model-document.ts';
import { ownersIn, sharingNodes } from '../schema/shared-layers.ts';
import { snakeCase, uniqueName } from '../schema/names.ts';

/** A parameter's new value; absent: reset to the catalog's default. */
export interface NewValue {
  readonly nodeId: string;
  readonly name: string;
  readonly value?: JsonValue;
}

/** The nodes that change, with new parameter values. Values for a node that uses the weights of another are set in the owner. */
export function withValues(nodes: readonly ModelNode[], values: readonly NewValue[]): ModelNode[] {
  const ownerOf = ownersIn(nodes);
  const owners = new Map(nodes.map((node) => [node.id, ownerOf(node).id]));
  const byNode = Map.groupBy(values, ({ nodeId }) => owners.get(nodeId));
  return nodes.flatMap((node) => {
    const params = { ...node.params };
    for (const { name, value } of byNode.get(node.id) ?? []) {
      if (value === undefined) delete params[name];
      else params[name] = value;
    }
    return JSON.stringify(params) === JSON.stringify(node.params) ? [] : [{ ...node, params }];
  });
}

/**
 * Changes the kind of a node, and of all nodes that share its weights; keeps parameters and positions.
 * Generated names follow the kind.
 */
export function asKind(document: ModelDocument, node: ModelNode, kind: string): ModelNode[] {
  const taken = namesOf(document);
  return sharingNodes(document.nodes, node).map((each) => {
    const made = new RegExp(`^${snakeCase(each.kind)}(_\\d+)?$`).test(each.name);
    const name = made ? uniqueName(snakeCase(kind), taken) : each.name;
    taken.add(name);
    return { ...each, kind, name };
  });
}
