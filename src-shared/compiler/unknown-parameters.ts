import type { ModelNode } from '../document/model-document.ts';
import type { GraphProblem } from '../document/problem.ts';
import { layerCatalog } from '../layers/catalog.ts';
import type { ParameterSpec } from '../layers/layer.ts';
import { trainingParameters } from '../layers/training-parameters.ts';
import { suggest } from '../text/suggest.ts';
import { title } from './graph.ts';

/** Every parameter that a node of this kind may have; none where it is no layer of the catalog. */
export function parametersOf(kind: string): readonly ParameterSpec[] {
  const definition = layerCatalog.get(kind);
  return definition === undefined ? [] : [...definition.parameters, ...trainingParameters];
}

/** Advice on parameters that a layer of the catalog does not have, and so does not read. */
export function unknownParameters(node: ModelNode, parameters: readonly ParameterSpec[]): GraphProblem[] {
  return Object.keys(node.params)
    .filter((param) => !parameters.some(({ name }) => name === param))
    .map((param) => {
      const near = suggest(
        param,
        parameters.map(({ name }) => name),
      );
      const hint = near === null ? '' : ` Did you mean ${near}?`;
      return {
        code: 'layer/unknown-parameter',
        severity: 'advice',
        nodeId: node.id,
        param,
        message: `${title(node)} expected parameters that ${node.kind} has; received '${param}', which has no effect.${hint} Rename it in the document, or take it out.`,
        fixes: [{ label: `Take out ${param}`, action: 'reset-param', params: { nodeId: node.id, name: param } }],
      };
    });
}
