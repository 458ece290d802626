import { isReference, RESERVED_PARAMETERS, usesOf } from '../schema/blocks.ts';
import type { BlockParameter, JsonValue, ModelBlock, ModelDocument, ModelNode } from '../schema/model-document.ts';
import { applyChange, type Change, type Operation } from '../history/operations.ts';

/**
 * Makes a layer's parameter a parameter of its block. The default is the current value, so the
 * model does not change.
 * @returns Null if there is no such layer, or it already refers to a parameter of the block.
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

/** `param` if it is free; else with the layer's name before it; else also with a number. */
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

/** Makes a layer's parameter refer to a parameter of its block. Null if either is missing. */
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

/** Changes a parameter's label or default; null if there is no parameter of this name. */
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

/** Why a parameter cannot have a name, as a message; null if it can. */
export function parameterNameFault(block: ModelBlock, from: string, to: string): string | null {
  if (from === to) return null;
  if (to === '') return 'Expected a name for the parameter; received an empty one.';
  if (RESERVED_PARAMETERS.has(to)) return `The name '${to}' is reserved. Choose another name.`;
  const taken = block.parameters.some(({ name }) => name === to);
  return taken ? `Another parameter has the name '${to}'. Choose another name.` : null;
}

/** Renames a parameter in its block and in every use. Null if the name is not allowed or does not change. */
export function renameParameter(document: ModelDocument, blockId: string, from: string, to: string): Change | null {
  const block = document.blocks.find(({ id }) => id === blockId);
  if (block === undefined || from === to || parameterNameFault(block, from, to) !== null) return null;
  if (!block.parameters.some(({ name }) => name === from)) return null;
  const changed: ModelBlock = {
    ...block,
    parameters: block.parameters.map((parameter) => (parameter.name === from ? { ...parameter, name: to } : parameter)),
    nodes: block.nodes.map((node) => withReferences(node, from, { parameter: to })),
  };
  return replaceEverywhere(document, changed, `Rename ${from} of block '${block.name}'`, (node) => {
    const { [from]: value, ...rest } = node.params;
    return value === undefined ? node : { ...node, params: { ...rest, [to]: value } };
  });
}

/** Removes a parameter: layers inside get its default, and values set by uses are dropped. */
export function removeParameter(document: ModelDocument, blockId: string, name: string): Change | null {
  const block = document.blocks.find(({ id }) => id === blockId);
  const parameter = block?.parameters.find((other) => other.name === name);
  if (block === undefined || parameter === undefined) return null;
  const changed: ModelBlock = {
    ...block,
    parameters: block.parameters.filter((other) => other !== parameter),
    nodes: block.nodes.map((node) => withReferences(node, name, parameter.default)),
  };
  return replaceEverywhere(document, changed, `Remove ${name} from block '${block.name}'`, (node) => {
    const { [name]: value, ...rest } = node.params;
    return value === undefined ? node : { ...node, params: rest };
  });
}

/** Replaces a block and changes every node that uses it. */
function replaceEverywhere(
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

/** The node with every reference to a parameter replaced by `value`. */
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
