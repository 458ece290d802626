import type { OnnxNode } from '../../../src-shared/interchange/onnx/graph/onnx-model.ts';

/** Operations that begin a part where names say nothing. */
const BEGINNINGS: ReadonlySet<string> = new Set([
  ...['Conv', 'ConvTranspose', 'Gemm', 'MatMul', 'Einsum', 'Gather', 'MaxPool', 'AveragePool'],
  ...['GlobalAveragePool', 'GlobalMaxPool', 'Concat', 'Resize', 'Upsample', 'LayerNormalization'],
]);

/**
 * Names of nodes with slashes, as parts are made of them: 'features/features.0/conv/Conv'. Where most nodes have no
 * such names, those that follow a product, a convolution or a pooling belong to it.
 */
export function scopesOf(nodes: readonly OnnxNode[]): ReadonlyMap<OnnxNode, string> {
  const names = new Map(nodes.map((node) => [node, node.name.replace(/^\/+/, '')]));
  const divided = [...names.values()].filter((name) => name.includes('/'));
  if (divided.length * 2 > nodes.length) return new Map([...names].map(([node, name]) => [node, name || node.opType]));
  const parts = new Map<string, string>();
  const scopes = new Map<OnnxNode, string>();
  for (const [node, given] of names) {
    const name = (given === '' ? `${node.opType}_${node.outputs[0] ?? ''}` : given).replaceAll('/', '_');
    const source = node.inputs.map((input) => parts.get(input)).findLast((part) => part !== undefined);
    const part = source === undefined || BEGINNINGS.has(node.opType) ? name.replace(/^node_/, '') : source;
    for (const output of node.outputs) parts.set(output, part);
    scopes.set(node, `${part}/${name}`);
  }
  return scopes;
}
