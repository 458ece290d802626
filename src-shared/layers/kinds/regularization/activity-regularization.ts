import type { LayerDefinition } from '../../definition/layer.ts';
import type { ParameterSpec } from '../../parameters/parameter-spec.ts';
import { numberOf } from '../../parameters/number.ts';

function factor(name: 'l1' | 'l2', label: string, of: string): ParameterSpec {
  const type = { kind: 'number', min: 0, max: 1e6, step: 0.01 } as const;
  return { name, label, help: `What ${of} costs, added to the loss.`, default: 0, type };
}

export const activityRegularization: LayerDefinition = {
  kind: 'ActivityRegularization',
  family: 'regularization',
  otherNames: ['activity penalty', 'sparsity'],
  description: 'Passes values on and adds a penalty on them to the loss, the mean over the batch.',
  formula: 'loss + (l1 · Σ|x| + l2 · Σx²) / batch size',
  inputs: { min: 1, max: 1 },
  mask: 'keep',
  parameters: [factor('l1', 'L1', 'each unit of |x|'), factor('l2', 'L2', 'each unit of x²')],
  summarize: ({ l1, l2 }) => `l1 ${String(l1)}, l2 ${String(l2)}`,
  emit: ({ params, inputs, penalize }) => {
    const x = inputs[0]!;
    penalize({ name: 'l1l2', l1: numberOf(params['l1']), l2: numberOf(params['l2']) }, x);
    return x;
  },
};
