import { AppError } from '../../../errors/app-error.ts';
import { OnnxRefusal } from './onnx-model.ts';
import type { OnnxModel, OnnxNode, OnnxTensor } from './onnx-model.ts';

/**
 * The nodes that outputs depend on, each after those whose outputs it reads.
 *
 * @throws AppError 'model-file/damaged' if the graph has a cycle or values without a source.
 */
export function nodesInOrder({ nodes, inputs, outputs, initializers }: OnnxModel): OnnxNode[] {
  const sources = new Map(nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  const given = new Set([...inputs.map(({ name }) => name), ...initializers.keys()]);
  const order: OnnxNode[] = [];
  const states = new Map<OnnxNode, 'open' | 'done'>();
  const waiting = outputs.map(({ name }) => ({ name, node: sources.get(name) })).toReversed();
  while (waiting.length > 0) {
    const { name, node } = waiting.at(-1)!;
    const state = node === undefined || given.has(name) ? 'done' : states.get(node);
    if (node === undefined && !given.has(name)) throw damagedGraph(`no source of the value '${name}'`);
    if (state === 'done') {
      waiting.pop();
    } else if (state === 'open') {
      states.set(node!, 'done');
      order.push(node!);
      waiting.pop();
    } else {
      states.set(node!, 'open');
      for (const input of node!.inputs.toReversed()) {
        if (input === '') continue;
        const source = sources.get(input);
        if (source !== undefined && states.get(source) === 'open' && !given.has(input)) {
          throw damagedGraph(`a cycle through '${node!.name === '' ? node!.opType : node!.name}'`);
        }
        waiting.push({ name: input, node: source });
      }
    }
  }
  return order;
}

function damagedGraph(received: string): AppError {
  return new AppError(
    'model-file/damaged',
    `Expected a graph in which each value is computed from values before it; received ${received}. Export the model again.`,
    {},
  );
}

/** The tensor of a node 'Constant'. @throws OnnxRefusal if it has no numbers. */
export function constantOfNode({ attributes }: OnnxNode): OnnxTensor {
  const value = attributes.get('value');
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as OnnxTensor;
  for (const [name, type] of [
    ['value_float', 'float32'],
    ['value_floats', 'float32'],
    ['value_int', 'int64'],
    ['value_ints', 'int64'],
  ] as const) {
    const given = attributes.get(name);
    if (typeof given === 'number') return { type, shape: [], values: () => Float64Array.of(given) };
    if (Array.isArray(given))
      return { type, shape: [given.length], values: () => Float64Array.from(given as number[]) };
  }
  throw new OnnxRefusal('its value is not a tensor of numbers');
}

/** A message that names operations with their nodes. */
export function unknownOperations(unknown: ReadonlyMap<string, readonly string[]>): string {
  const texts = [...unknown].map(([opType, names]) => {
    const shown = names
      .slice(0, 3)
      .map((name) => `'${name}'`)
      .join(', ');
    return `${names.length} × ${opType} (${shown}${names.length > 3 ? ', …' : ''})`;
  });
  return `Expected operations that Lamina has; received ${texts.join(', ')}. Export the model without them.`;
}
