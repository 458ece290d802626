type Json = Readonly<Record<string, unknown>>;

/** Names of the inputs of the kinds with several distinct inputs, in the order that version 4 gave them. */
const PORTS: Readonly<Record<string, readonly string[]>> = {
  MultiHeadAttention: ['query', 'value', 'key'],
  Attention: ['query', 'value', 'key'],
  AdditiveAttention: ['query', 'value', 'key'],
  Subtract: ['a', 'b'],
  Dot: ['a', 'b'],
  Formula: [...'abcdfghi'],
};

/**
 * Version 5: edges name the input of their target. In version 4 the order of the edges said which
 * input an edge leads to.
 */
export function withPorts(document: Json): Json {
  const blocks = listOf(document['blocks']);
  const inputsOf = new Map(blocks.map((block) => [block['id'], blockInputs(block)]));
  const named = (graph: Json): Json =>
    Array.isArray(graph['edges']) ? { ...graph, edges: namedEdges(graph, inputsOf) } : graph;
  const whole = named(document);
  return Array.isArray(document['blocks'])
    ? { ...whole, blocks: document['blocks'].map((block: unknown) => (isObject(block) ? named(block) : block)) }
    : whole;
}

function namedEdges(graph: Json, inputsOf: ReadonlyMap<unknown, readonly unknown[]>): unknown[] {
  const ports = new Map(listOf(graph['nodes']).map((node) => [node['id'], portsOf(node, inputsOf)]));
  const used = new Map<unknown, number>();
  return (graph['edges'] as unknown[]).map((edge) => {
    if (!isObject(edge)) return edge;
    const { target } = edge;
    const index = used.get(target) ?? 0;
    used.set(target, index + 1);
    const targetPort = ports.get(target)?.[index];
    return targetPort === undefined ? edge : { ...edge, targetPort };
  });
}

function portsOf(node: Json, inputsOf: ReadonlyMap<unknown, readonly unknown[]>): readonly unknown[] {
  const kind = String(node['kind']);
  if (kind !== 'Block') return Object.hasOwn(PORTS, kind) ? PORTS[kind]! : [];
  return (isObject(node['params']) ? inputsOf.get(node['params']['block']) : undefined) ?? [];
}

/** Ids of a block's inputs; empty for a single one, which needs no name. */
function blockInputs(block: Json): unknown[] {
  const inputs = listOf(block['nodes']).filter(({ kind }) => kind === 'BlockInput');
  return inputs.length < 2 ? [] : inputs.map(({ id }) => id);
}

function listOf(value: unknown): Json[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
