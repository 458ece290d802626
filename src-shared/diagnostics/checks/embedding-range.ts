import { parameterInWords } from '../../layers/parameters/parameter-words.ts';
import type { ParameterSpec } from '../../layers/parameters/parameter-spec.ts';
import { layerCatalog, traitsOf } from '../../layers/catalog/catalog.ts';
import { columnTypeOf } from '../../data/columns/registry.ts';
import type { FittedColumn } from '../../data/prepared.ts';
import type { ModelDocument, ModelNode } from '../../document/schema/model-document.ts';
import type { GraphProblem } from '../../document/schema/problem.ts';
import { expandBlocks } from '../../compiler/expand/expand.ts';
import { readGraph, title } from '../../compiler/graph/graph.ts';
import type { ModelGraph } from '../../compiler/graph/graph.ts';
import { readInputs } from '../../compiler/graph/inputs.ts';
import type { InputPart, ModelFeatures } from '../../compiler/graph/inputs.ts';

/** An Embedding that reads columns of the data set directly. */
export interface LookUp {
  readonly node: ModelNode;
  /** Number of its rows: valid indices are 0 … size - 1. */
  readonly size: number;
  /** The parameter that holds this number. */
  readonly limit: ParameterSpec;
  readonly part: InputPart;
}

/** Embeddings of a model that read an Input directly. The indices of others are known only at run time. */
export function lookUpsOf(document: ModelDocument, features: ModelFeatures | null): LookUp[] {
  const graph = readGraph(expandBlocks(document).document);
  return lookUps(graph, readInputs(graph, features).parts);
}

function lookUps(graph: ModelGraph, inputs: ReadonlyMap<string, InputPart>): LookUp[] {
  return graph.order.flatMap((node) => {
    const definition = layerCatalog.get(node.kind);
    const spec = definition?.parameters.find(({ name }) => name === definition.traits?.indexLimit);
    if (spec === undefined) return [];
    const size = node.params[spec.name] ?? spec.default;
    const part = inputs.get(sourceOf(graph, node));
    return part === undefined || typeof size !== 'number' ? [] : [{ node, size, limit: spec, part }];
  });
}

/** Checks that the columns that an Embedding reads have valid indices. */
export function embeddingProblems(
  graph: ModelGraph,
  inputs: ReadonlyMap<string, InputPart>,
  features: ModelFeatures | null,
): GraphProblem[] {
  const columns = features?.columns ?? [];
  return lookUps(graph, inputs).flatMap((lookUp) => {
    const read = columns.filter((column) => lookUp.part.columns.includes(column.name));
    return read.flatMap((column) => columnProblem(lookUp, column) ?? []).slice(0, 1);
  });
}

/** Id of the source of the node's first input; skips layers that change only the shape. */
function sourceOf(graph: ModelGraph, node: ModelNode): string {
  const seen = new Set<string>();
  let current = node;
  while ((current === node || traitsOf(current).rearranges !== undefined) && !seen.has(current.id)) {
    seen.add(current.id);
    const [edge] = graph.incoming.get(current.id) ?? [];
    if (edge === undefined) break;
    current = graph.nodes.get(edge.source)!;
  }
  return current.id;
}

/** Null if all training rows have valid indices in this column. */
function columnProblem({ node, size, limit }: LookUp, column: FittedColumn): GraphProblem | null {
  const numbers = columnTypeOf(column).numbersOf(column);
  if (numbers === null) return null;
  const { name } = column;
  const { min, max, offset, scale } = numbers;
  const [low, high] = [min, max].map((value) => Math.trunc((value - offset) / scale));
  const inside = low! >= 0 && high! < size;
  const scaled = offset !== 0 || scale !== 1;
  if (inside && !scaled) return null;
  const expected = `${title(node)} expected whole numbers from 0 to ${size - 1}`;
  const about = { code: 'layer/index-range', nodeId: node.id, param: limit.name } as const;
  if (scaled) {
    const message = `${expected}; received the column '${name}', which is scaled. Turn off its scaling on the Data page.`;
    return { ...about, severity: inside ? 'advice' : 'error', message, fixes: [] };
  }
  const received = `${expected}; received ${min} to ${max} from the column '${name}'.`;
  if (low! < 0) {
    const message = `${received} Number its values from 0, or remove the column from this Input.`;
    return { ...about, severity: 'error', message, fixes: [] };
  }
  const wanted = high! + 1;
  const params = { nodeId: node.id, name: limit.name, value: wanted };
  return {
    ...about,
    severity: 'error',
    message: `${received} Set ${parameterInWords(limit)} to ${wanted}.`,
    fixes: [{ label: `Set ${limit.label} to ${wanted}`, action: 'set-param', params }],
  };
}
