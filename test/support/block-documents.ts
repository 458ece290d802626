import type {
  JsonValue,
  ModelBlock,
  ModelDocument,
  ModelEdge,
  ModelNode,
} from '../../src-shared/document/schema/model-document.ts';
import { sequentialDocument, type LayerLine } from './documents.ts';

type Changes = Partial<Omit<ModelNode, 'kind' | 'name'>>;

/** A node whose id is its name. */
export function layer(
  kind: string,
  name: string,
  params: Record<string, JsonValue> = {},
  more: Changes = {},
): ModelNode {
  return { id: name, kind, name, params, position: { x: 0, y: 0 }, frozen: false, ...more };
}

/** A node that uses a block. */
export function use(
  block: string,
  name: string,
  params: Record<string, JsonValue> = {},
  more: Changes = {},
): ModelNode {
  return layer('Block', name, { block, ...params }, more);
}

/** 'a>b' as an edge. */
export function links(...lines: string[]): ModelEdge[] {
  return lines.map((line) => {
    const [source, target] = line.split('>') as [string, string];
    return { id: line, source, target };
  });
}

/** Edges that connect the names in order. */
export function chain(names: readonly string[]): ModelEdge[] {
  return links(...names.slice(1).map((name, index) => `${names[index]}>${name}`));
}

/** A block of a chain of layers between its ends 'in' and 'out'; its id is its name. */
export function chainBlock(
  name: string,
  inner: readonly ModelNode[],
  parameters: ModelBlock['parameters'] = [],
): ModelBlock {
  const nodes = [layer('BlockInput', 'in'), ...inner, layer('BlockOutput', 'out')];
  return { id: name, name, parameters, nodes, edges: chain(nodes.map((node) => node.id)) };
}

/** A chain of layers and Block nodes between Input and Output. */
export function chainModel(nodes: readonly ModelNode[], blocks: readonly ModelBlock[]): ModelDocument {
  const all = [layer('Input', 'input'), ...nodes, layer('Output', 'output')];
  return {
    format: 'lamina.model',
    version: 6,
    name: 'test',
    nodes: all,
    edges: chain(all.map((node) => node.id)),
    blocks: [...blocks],
  };
}

/** Dense, BatchNormalization and Dropout, with the units as a parameter. */
export const denseBlock = chainBlock(
  'stack',
  [
    layer('Dense', 'dense', { units: { parameter: 'units' }, activation: 'relu' }),
    layer('BatchNormalization', 'norm'),
    layer('Dropout', 'drop', { rate: 0.1 }),
  ],
  [{ name: 'units', label: 'Units', default: 8 }],
);

/** The network of a repeated `denseBlock`, flattened: layers in the order of the copies. */
export function drawnOut(copies: number, units: number, end: readonly LayerLine[]): ModelDocument {
  const lines = Array.from({ length: copies }, (_, copy): LayerLine[] => [
    { kind: 'Dense', params: { units, activation: 'relu' }, name: `dense_${copy + 1}` },
    { kind: 'BatchNormalization', name: `norm_${copy + 1}` },
    { kind: 'Dropout', params: { rate: 0.1 }, name: `drop_${copy + 1}` },
  ]);
  return sequentialDocument([...lines.flat(), ...end]);
}
