import { isReference, RESERVED_PARAMETERS, usesOf } from '../schema/blocks.ts';
import type { BlockParameter, JsonValue, ModelBlock, ModelDocument, ModelNode } from '../schema/model-document.ts';
import { applyChange, type Change, type Operation } from '../history/operations.ts';

/** Parameters of a block: made of a layer's, renamed, given another default, and taken back. */

/**
 * Makes a parameter of a layer inside a block one of the block, with the value that it has as
 * default, so that nothing changes until a use gives another.
 * @returns Null where there is no such layer, or it takes the value from a parameter already.
 */
export function exposeParameter(
  document: ModelDocument,
  blockId: string,
  nodeId: string,
  param: string,
  value: JsonValue,
  label: string,
): Change | null {
  const block = document.blocks.find(({ id }) => id === blockId);
  const node = block?.nodes.find(({ id }) => id === nodeId);
  if (block === undefined || node === undefined || isReference(node.params[param])) return null;
  const name = freeParameterName(block, param, node.name);
  const nodes = block.nodes.map((other) =>
    other === node ? { ...node, params: { ...node.params, [param]: { parameter: name } } } : other,
  );
  const parameters = [
    ...block.parameters,
    { name, label: name === param ? label : `${label} of ${node.name}`, default: value },
  ];
  return {
    label: `Make ${param} of '${node.name}' a parameter of '${block.name}'`,
    operations: [{ kind: 'replaceBlock', block: { ...block, nodes, parameters } }],
  };
}

/** `param` where it is free, else with the layer's name, else with a number. */
function freeParameterName(block: ModelBlock, param: string, layer: string): string {
  const taken = new Set([...block.parameters.map(({ name }) => name), ...RESERVED_PARAMETERS]);
  if (!taken.has(param)) return param;
  const plain = layer.replaceAll(/\W+/g, '_').replace(/^[^A-Za-z]+/, '') || 'layer';
  const named = `${plain}_${param}`;
  if (!taken.has(named)) return named;
  for (let number = 2; ; number++) {
    if (!taken.has(`${named}_${number}`)) return `${named}_${number}`;
  }
}

/** Lets layers inside that refer to nothing else use this parameter of the block. */
export function bindParameter(
  document: ModelDocument,
  blockId: string,
  nodeId: string,
  param: string,
  parameter: string,
): Change | null {
  const block = document.blocks.find(({ id }) => id === blockId);
  const node = block?.nodes.find(({ id }) => id === nodeId);
  if (block === undefined || node === undefined) return null;
  if (!block.parameters.some(({ name }) => name === parameter)) return null;
  const changed = { ...node, params: { ...node.params, [param]: { parameter } } };
  return {
    label: `Take ${param} of '${node.name}' from ${parameter}`,
    operations: [{ kind: 'replaceNodes', nodes: [changed], block: blockId }],
  };
}

/** Changes a parameter's label or default; null where there is none of this name. */
export function changeParameter(
  document: ModelDocument,
  blockId: string,
  name: string,
  changes: Partial<Pick<BlockParameter, 'label' | 'default'>>,
): Change | null {
  const block = document.blocks.find(({ id }) => id === blockId);
  if (block === undefined || !block.parameters.some((parameter) => parameter.name === name)) return null;
  const parameters = block.parameters.map((parameter) =>
    parameter.name === name ? { ...parameter, ...changes } : parameter,
  );
  return {
    label: `Set ${name} of block '${block.name}'`,
    operations: [{ kind: 'replaceBlock', block: { ...block, parameters } }],
    gesture: `block-param:${blockId}:${name}:${Object.keys(changes).join()}`,
  };
}

/** Why a parameter cannot have a name, with what to do; null where it can. */
export function parameterNameFault(block: ModelBlock, from: string, to: string): string | null {
  if (from === to) return null;
  if (to === '') return 'A parameter needs a name.';
  if (RESERVED_PARAMETERS.has(to)) return `Every block has '${to}' already; choose another name.`;
  const taken = block.parameters.some(({ name }) => name === to);
  return taken ? `Another parameter is called '${to}'; choose another name.` : null;
}

/** Renames a parameter in its block and in every use. Null where it cannot have the name, or nothing changes. */
export function renameParameter(document: ModelDocument, blockId: string, from: string, to: string): Change | null {
  const block = document.blocks.find(({ id }) => id === blockId);
  if (block === undefined || from === to || parameterNameFault(block, from, to) !== null) return null;
  if (!block.parameters.some(({ name }) => name === from)) return null;
  const changed: ModelBlock = {
    ...block,
    parameters: block.parameters.map((parameter) => (parameter.name === from ? { ...parameter, name: to } : parameter)),
    nodes: block.nodes.map((node) => withReferences(node, from, { parameter: to })),
  };
  return throughout(document, changed, `Rename ${from} of block '${block.name}'`, (node) => {
    const { [from]: value, ...rest } = node.params;
    return value === undefined ? node : { ...node, params: { ...rest, [to]: value } };
  });
}

/** Takes a parameter back: layers inside get its default, values that uses gave are dropped. */
export function removeParameter(document: ModelDocument, blockId: string, name: string): Change | null {
  const block = document.blocks.find(({ id }) => id === blockId);
  const parameter = block?.parameters.find((other) => other.name === name);
  if (block === undefined || parameter === undefined) return null;
  const changed: ModelBlock = {
    ...block,
    parameters: block.parameters.filter((other) => other !== parameter),
    nodes: block.nodes.map((node) => withReferences(node, name, parameter.default)),
  };
  return throughout(document, changed, `Remove ${name} from block '${block.name}'`, (node) => {
    const { [name]: value, ...rest } = node.params;
    return value === undefined ? node : { ...node, params: rest };
  });
}

/** Replaces a block, and changes every node that uses it. */
function throughout(
  document: ModelDocument,
  block: ModelBlock,
  label: string,
  change: (use: ModelNode) => ModelNode,
): Change {
  const replaced: Operation = { kind: 'replaceBlock', block };
  const after = applyChange(document, { label, operations: [replaced] });
  const uses = usesOf(after, block.id).flatMap(({ inside, node }): Operation[] => {
    const changed = change(node);
    if (changed === node) return [];
    return [{ kind: 'replaceNodes', nodes: [changed], ...(inside === null ? {} : { block: inside }) }];
  });
  return { label, operations: [replaced, ...uses] };
}

/** A node with another value in place of every reference to a parameter. */
function withReferences(node: ModelNode, parameter: string, value: JsonValue): ModelNode {
  const entries = Object.entries(node.params).map(([key, held]) => [key, replaced(held, parameter, value)] as const);
  return entries.every(([key, held]) => held === node.params[key])
    ? node
    : { ...node, params: Object.fromEntries(entries) };
}

function replaced(held: JsonValue, parameter: string, value: JsonValue): JsonValue {
  if (typeof held !== 'object' || held === null) return held;
  if (isReference(held)) return held.parameter === parameter ? value : held;
  if (Array.isArray(held)) {
    const items = held.map((item) => replaced(item, parameter, value));
    return items.every((item, i) => item === held[i]) ? held : items;
  }
  const fields = Object.entries(held).map(([key, field]) => [key, replaced(field, parameter, value)] as const);
  return fields.every(([key, field]) => field === held[key]) ? held : Object.fromEntries(fields);
}
