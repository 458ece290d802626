import type { FeatureSpec } from '../../data/prepared.ts';
import { columnSpans } from '../../data/reproduced.ts';
import type { ModelDocument } from '../../document/schema/model-document.ts';
import { expandBlocks } from '../expand/expand.ts';
import { readGraph } from '../graph/graph.ts';
import { readInputs } from '../graph/inputs.ts';
import type { ModelFeatures } from '../graph/inputs.ts';

/** Names of the columns that a prediction depends on: those of every Input that an Output does. */
export function columnsRead(document: ModelDocument, features: ModelFeatures): ReadonlySet<string> {
  const graph = readGraph(expandBlocks(document).document);
  const parts = [...readInputs(graph, features).parts.values()];
  return new Set(parts.filter(({ node }) => graph.used.has(node.id)).flatMap(({ columns }) => columns));
}

/** The spec of some of its columns, in its order. */
export function specOfColumns(spec: FeatureSpec, names: ReadonlySet<string>): FeatureSpec {
  const columns = spec.columns.filter(({ name }) => names.has(name));
  if (columns.length === spec.columns.length) return spec;
  const places = columnSpans(spec.columns).flatMap(({ name, start, width }) => {
    return names.has(name) ? Array.from({ length: width }, (_, offset) => start + offset) : [];
  });
  const { statistics, ...rest } = spec;
  const at = (values: readonly number[]): number[] => places.map((place) => values[place]!);
  return {
    ...rest,
    columns,
    inputShape: [places.length],
    ...(statistics === undefined
      ? {}
      : { statistics: { mean: at(statistics.mean), variance: at(statistics.variance) } }),
  };
}
