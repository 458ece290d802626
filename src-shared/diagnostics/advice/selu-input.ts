import { traitsOf } from '../../layers/catalog/catalog.ts';
import { isInput } from '../../document/schema/ends.ts';
import { columnTypeOf } from '../../data/columns/registry.ts';
import type { ModelNode } from '../../document/schema/model-document.ts';
import { title } from '../../compiler/graph/graph.ts';
import { advice, namesOf } from './advised-model.ts';
import type { Advice, AdvisedModel } from './advised-model.ts';

/**
 * Inputs of a self-normalizing network must have mean 0 and variance 1.
 * Source: Klambauer et al., arXiv:1706.02515 (2017), section 2.
 */
export const seluInput: Advice = (model) =>
  model.layers.flatMap((node) => {
    if (!isInput(node) || !leadsToSelu(model, node)) return [];
    const taken = model.inputs.get(node.id)?.columns ?? [];
    const columns = (model.features?.columns ?? []).filter(
      (column) => taken.includes(column.name) && !columnTypeOf(column).isStandardized(column),
    );
    if (columns.length === 0) return [];
    const message = `${title(node)} leads to SELU, which expects columns with mean 0 and variance 1; received ${namesOf(columns)}, not standardized. Standardize ${columns.length === 1 ? 'it' : 'them'}.`;
    const fix = {
      label: columns.length === 1 ? `Standardize '${columns[0]!.name}'` : `Standardize ${columns.length} columns`,
      action: 'scale-columns',
      params: { columns: columns.map(({ name }) => name), scaling: 'standard' },
    } as const;
    return [advice('selu-input', node, message, [fix])];
  });

/** Whether values of the Input reach a SELU layer without normalization in between. */
function leadsToSelu(model: AdvisedModel, input: ModelNode): boolean {
  const pending = [input];
  const seen = new Set<string>();
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    for (const next of model.after(node)) {
      if (seen.has(next.id) || !model.isBuilt(next)) continue;
      seen.add(next.id);
      if (model.hasKernel(next)) {
        if (model.activationOf(next) === 'selu') return true;
      } else if (model.isLayout(next) || traitsOf(next).joins === true || model.family(next) === 'regularization') {
        pending.push(next);
      }
    }
  }
  return false;
}
