import type { ModelDocument } from '../../document/schema/model-document.ts';
import { expandBlocks } from '../expand/expand.ts';
import { readGraph } from '../graph/graph.ts';
import { readInputs } from '../graph/inputs.ts';
import type { ModelFeatures } from '../graph/inputs.ts';

/** Names of the columns that predictions depend on: those of all Inputs that lead to an Output. */
export function columnsRead(document: ModelDocument, features: ModelFeatures): ReadonlySet<string> {
  const graph = readGraph(expandBlocks(document).document);
  const parts = [...readInputs(graph, features).parts.values()];
  return new Set(parts.filter(({ node }) => graph.used.has(node.id)).flatMap(({ columns }) => columns));
}
