import { namesOf } from './edits.ts';
import type { JsonValue, ModelDocument, ModelNode } from '../schema/model-document.ts';
import { snakeCase, uniqueName } from '../schema/names.ts';

/** A parameter's new value; absent: reset to the catalog's default. */
export interface NewValue {
  readonly nodeId: string;
  readonly name: string;
  readonly value?: JsonValue;
}

/** The nodes that change, with new parameter values. */
export function withValues(nodes: readonly ModelNode[], values: readonly NewValue[]): ModelNode[] {
  const byNode = Map.groupBy(values, ({ nodeId }) => nodeId);
  return nodes.flatMap((node) => {
    const params = { ...node.params };
    for (const { name, value } of byNode.get(node.id) ?? []) {
      if (value === undefined) delete params[name];
      else params[name] = value;
    }
    return JSON.stringify(params) === JSON.stringify(node.params) ? [] : [{ ...node, params }];
  });
}

/** Changes the kind of a node; keeps parameters and position. A generated name follows the kind. */
export function asKind(document: ModelDocument, node: ModelNode, kind: string): ModelNode {
  const made = new RegExp(`^${snakeCase(node.kind)}(_\\d+)?$`).test(node.name);
  const name = made ? uniqueName(snakeCase(kind), namesOf(document)) : node.name;
  return { ...node, kind, name };
}
