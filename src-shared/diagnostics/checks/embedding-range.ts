import type { FittedColumn } from '../../data/prepared.ts';
import type { ModelDocument, ModelNode } from '../../document/schema/model-document.ts';
import type { GraphProblem } from '../../document/schema/problem.ts';
import { expandBlocks } from '../../compiler/expand/expand.ts';
import { readGraph, title } from '../../compiler/graph/graph.ts';
import type { ModelGraph } from '../../compiler/graph/graph.ts';
import { readInputs } from '../../compiler/graph/inputs.ts';
import type { InputPart, ModelFeatures } from '../../compiler/graph/inputs.ts';

/** Layers that only lay values out in another way. */
const LAYOUT: ReadonlySet<string> = new Set(['Reshape', 'Flatten', 'Permute', 'RepeatVector']);

/** An Embedding that reads columns of the data set as they are. */
export interface LookUp {
  readonly node: ModelNode;
  /** It has rows for whole numbers below this one. */
  readonly size: number;
  readonly part: InputPart;
}

/** Those of a model. Where an Embedding reads anything but an Input, nothing can be said before it runs. */
export function lookUpsOf(document: ModelDocument, features: ModelFeatures): LookUp[] {
  const graph = readGraph(expandBlocks(document).document);
  return lookUps(graph, readInputs(graph, features).parts);
}

function lookUps(graph: ModelGraph, inputs: ReadonlyMap<string, InputPart>): LookUp[] {
  return graph.order.flatMap((node) => {
    const size = node.params['inputDim'] ?? 1000;
    const part = node.kind === 'Embedding' ? inputs.get(sourceOf(graph, node)) : undefined;
    return part === undefined || typeof size !== 'number' ? [] : [{ node, size, part }];
  });
}

/** Columns that an Embedding reads, against the numbers it knows. */
export function embeddingProblems(
  graph: ModelGraph,
  inputs: ReadonlyMap<string, InputPart>,
  features: ModelFeatures | null,
): GraphProblem[] {
  const columns = features?.columns ?? [];
  return lookUps(graph, inputs).flatMap(({ node, size, part }) => {
    const read = columns.filter((column) => part.columns.includes(column.name));
    return read.flatMap((column) => columnProblem(node, size, column) ?? []).slice(0, 1);
  });
}

/** Id of what the node's first input comes from, looking through layout. */
function sourceOf(graph: ModelGraph, node: ModelNode): string {
  const seen = new Set<string>();
  let current = node;
  while ((current === node || LAYOUT.has(current.kind)) && !seen.has(current.id)) {
    seen.add(current.id);
    const [edge] = graph.incoming.get(current.id) ?? [];
    if (edge === undefined) break;
    current = graph.nodes.get(edge.source)!;
  }
  return current.id;
}

/** Null where the Embedding knows every value that training rows have in this column. */
function columnProblem(node: ModelNode, size: number, column: FittedColumn): GraphProblem | null {
  if (column.type !== 'numeric') return null;
  const { name, min, max, offset, scale } = column;
  const [low, high] = [min, max].map((value) => Math.trunc((value - offset) / scale));
  const inside = low! >= 0 && high! < size;
  const scaled = offset !== 0 || scale !== 1;
  if (inside && !scaled) return null;
  const expected = `${title(node)} expected whole numbers from 0 to ${size - 1}`;
  const about = { code: 'layer/index-range', nodeId: node.id, param: 'inputDim' } as const;
  if (scaled) {
    const message = `${expected}; received the column '${name}', which is scaled. Turn off its scaling on the Data page.`;
    return { ...about, severity: inside ? 'advice' : 'error', message, fixes: [] };
  }
  const received = `${expected}; received ${min} to ${max} from the column '${name}'.`;
  if (low! < 0) {
    const message = `${received} Number its values from 0, or leave the column out of this Input.`;
    return { ...about, severity: 'error', message, fixes: [] };
  }
  const wanted = high! + 1;
  const params = { nodeId: node.id, name: 'inputDim', value: wanted };
  return {
    ...about,
    severity: 'error',
    message: `${received} Set Input size (input_dim in Keras) to ${wanted}.`,
    fixes: [{ label: `Set Input size to ${wanted}`, action: 'set-param', params }],
  };
}
