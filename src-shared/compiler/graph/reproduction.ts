import { isOutput } from '../../document/schema/ends.ts';
import { columnTypeOf } from '../../data/columns/registry.ts';
import { columnSpans } from '../../data/column-places.ts';
import { featureTensors, statisticsOf } from '../../data/feature-tensors.ts';
import type { ModelNode } from '../../document/schema/model-document.ts';
import type { GraphProblem } from '../../document/schema/problem.ts';
import type { Aim } from './aim.ts';
import { title } from './graph.ts';
import type { InputPart, ModelFeatures } from './inputs.ts';
import { listed, namesOf } from './named-columns.ts';

/** Name of the Input that an Output reproduces; null if it predicts targets of the data set. */
export function reproducedInput(node: ModelNode): string | null {
  const { reproduces } = node.params;
  return isOutput(node) && typeof reproduces === 'string' && reproduces !== '' ? reproduces : null;
}

/** Problem of an Output's parameter `reproduces`; null if there is none. */
export function reproductionProblem(node: ModelNode, name: string, inputs: readonly ModelNode[]): GraphProblem | null {
  const base = { severity: 'error', nodeId: node.id, param: 'reproduces' } as const;
  const targets = namesOf(node, 'targets');
  const leave = (parameter: string, label: string) =>
    ({ label, action: 'reset-param', params: { nodeId: node.id, name: parameter } }) as const;
  if (inputs.every((input) => input.name !== name)) {
    const known = inputs.map((input) => input.name);
    const received = `'${name}', which is not an Input of the model`;
    return {
      ...base,
      code: 'target/unknown-input',
      message: `${title(node)} expected an Input to reproduce (${listed(known)}); received ${received}. Choose another, or none.`,
      fixes: [
        ...known.slice(0, 3).map((value) => ({
          label: `Reproduce '${value}'`,
          action: 'set-param' as const,
          params: { nodeId: node.id, name: 'reproduces', value },
        })),
        leave('reproduces', 'Predict targets of the data set'),
      ],
    };
  }
  if (targets.length === 0) return null;
  return {
    ...base,
    code: 'target/twofold',
    message: `${title(node)} expected either targets of the data set or an Input to reproduce; received the targets ${listed(targets)} and the Input '${name}'. Leave one of them empty.`,
    fixes: [leave('targets', `Reproduce '${name}'`), leave('reproduces', `Predict ${listed(targets)}`)],
  };
}

/** The task of an Output that reproduces `input`; null if its shape is not known. */
export function reproductionOf(input: InputPart, features: ModelFeatures): Aim | null {
  if (input.shape === null) return null;
  const { columns } = featureTensors(features).find((tensor) => tensor.input === input.tensor)!;
  const statistics = statisticsOf(features, input.tensor);
  const taken = columnSpans(columns).filter(({ name }) => input.columns.includes(name));
  const ordered = input.columns.flatMap((name) => taken.find((span) => span.name === name) ?? []);
  const outside = columns.filter(
    (column) => input.columns.includes(column.name) && columnTypeOf(column).isBeyondUnit(column, statistics),
  );
  return {
    kind: 'input',
    input: { ...input, shape: input.shape },
    spans: ordered,
    beyondUnit: outside.map(({ name }) => name),
  };
}
