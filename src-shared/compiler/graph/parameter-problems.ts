import type { JsonValue, ModelNode } from '../../document/schema/model-document.ts';
import type { Fix, GraphProblem } from '../../document/schema/problem.ts';
import { layerCatalog } from '../../layers/catalog/catalog.ts';
import type { ParameterSpec } from '../../layers/parameters/parameter-spec.ts';
import { parameterInWords, valueInWords } from '../../layers/parameters/parameter-words.ts';
import { receivedInWords } from '../../layers/parameters/resolve-parameters.ts';
import { nestedLayer } from '../../layers/parameters/nested-layer.ts';
import type { ParameterFault } from '../../layers/parameters/resolve-parameters.ts';
import { trainingParameters } from '../../layers/parameters/training-parameters.ts';
import { suggest } from '../../text/suggest.ts';
import { title } from './graph.ts';

/** All parameters of a layer of this kind; empty if the catalog does not have it. */
export function parametersOf(kind: string): readonly ParameterSpec[] {
  const definition = layerCatalog.get(kind);
  return definition === undefined ? [] : [...definition.parameters, ...trainingParameters];
}

/** Problem of an invalid parameter value. */
export function parameterProblem(node: ModelNode, { spec, expected, received }: ParameterFault): GraphProblem {
  const standard = valueInWords(spec.default, spec);
  return {
    code: 'layer/bad-parameter',
    severity: 'error',
    nodeId: node.id,
    param: spec.name,
    message: `${title(node)} expected ${parameterInWords(spec)} to be ${expected}; received ${receivedInWords(received)}. Set it to ${standard} (the default) or another such value.`,
    fixes: [
      {
        label: `Set ${spec.label} to ${standard}`,
        action: 'reset-param',
        params: { nodeId: node.id, name: spec.name },
      },
    ],
  };
}

/** Advice on parameters that the layer, or a layer that it wraps, does not have. */
export function unknownParameters(node: ModelNode, parameters: readonly ParameterSpec[]): GraphProblem[] {
  const own = unknown(node.params, parameters).map((param) =>
    advice(node, param, node.kind, param, parameters, {
      label: `Remove ${param}`,
      action: 'reset-param',
      params: { nodeId: node.id, name: param },
    }),
  );
  return [...own, ...parameters.flatMap((spec) => unknownInside(node, spec))];
}

/** Unknown parameters of a wrapped layer. */
function unknownInside(node: ModelNode, { name, type }: ParameterSpec): GraphProblem[] {
  const inner = type.kind === 'layer' ? nestedLayer(type, node.params[name]) : null;
  if (inner === null) return [];
  const { kind, parameters } = inner.definition;
  return unknown(inner.params, parameters).map((param) => {
    const { [param]: _unknown, ...kept } = inner.params;
    return advice(node, name, kind, param, parameters, {
      label: `Remove ${param} of the ${kind} inside`,
      action: 'set-param',
      params: { nodeId: node.id, name, value: { kind, params: kept } },
    });
  });
}

function unknown(given: Readonly<Record<string, JsonValue>>, parameters: readonly ParameterSpec[]): string[] {
  return Object.keys(given).filter((param) => !parameters.some(({ name }) => name === param));
}

/** @param at The node's parameter that shows the advice. */
function advice(
  node: ModelNode,
  at: string,
  kind: string,
  param: string,
  parameters: readonly ParameterSpec[],
  fix: Fix,
): GraphProblem {
  const near = suggest(
    param,
    parameters.map(({ name }) => name),
  );
  const hint = near === null ? '' : ` Did you mean ${near}?`;
  return {
    code: 'layer/unknown-parameter',
    severity: 'advice',
    nodeId: node.id,
    param: at,
    message: `${title(node)} expected parameters that ${kind} has; received '${param}', which has no effect.${hint} Rename it in the document, or remove it.`,
    fixes: [fix],
  };
}
