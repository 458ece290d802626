import { title } from '../../compiler/graph/graph.ts';
import { advice, namesOf } from './advised-model.ts';
import type { Advice } from './advised-model.ts';
import { retune } from './retune.ts';

/**
 * Self-normalization is proven for sequential models: where branches merge, variances add up.
 * Source: Klambauer et al., arXiv:1706.02515 (2017); ELU instead: Clevert et al., arXiv:1511.07289 (2015).
 */
export const seluGraph: Advice = (model) => {
  const selu = model.layers.filter((node) => model.hasKernel(node) && model.activationOf(node) === 'selu');
  if (selu.length === 0) return [];
  const after = new Set<string>();
  for (const node of model.layers) {
    if (selu.includes(node) || model.before(node).some(({ id }) => after.has(id))) after.add(node.id);
  }
  const merging = model.layers.find(
    (node) => model.family(node) === 'merge' && model.before(node).some(({ id }) => after.has(id)),
  );
  if (merging === undefined) return [];
  const fix = retune(model, selu, { activation: 'elu', initializer: 'heNormal' });
  const message = `SELU in ${namesOf(selu)} keeps mean 0 and variance 1 only in a sequential model; here ${title(merging)} merges branches. Use ELU with He initialization.`;
  return [advice('selu-graph', selu[0]!, message, [fix])];
};
