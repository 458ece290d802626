import { traitsOf } from '../../layers/catalog/catalog.ts';
import type { ModelNode } from '../../document/schema/model-document.ts';
import { title } from '../../compiler/graph/graph.ts';
import { advice } from './advised-model.ts';
import type { Advice, AdvisedModel } from './advised-model.ts';

/**
 * Dropout changes mean and variance, which SELU relies on; AlphaDropout keeps them.
 * Source: Klambauer et al., arXiv:1706.02515 (2017), section "New Dropout Technique".
 */
export const seluDropout: Advice = (model) =>
  model.layers.flatMap((node) => {
    const kind = traitsOf(node).afterSelu;
    if (kind === undefined || !comesFromSelu(model, node)) return [];
    const message = `${title(node)} after SELU changes mean and variance, which SELU keeps. Use ${kind}, which keeps them too.`;
    const fix = {
      label: `Replace '${node.name}' by ${kind}`,
      action: 'replace-layer',
      params: { nodeId: node.id, kind },
    } as const;
    return [advice('selu-dropout', node, message, [fix])];
  });

/** Skips layers that change only the shape, and pooling. */
function comesFromSelu(model: AdvisedModel, node: ModelNode): boolean {
  let current = node;
  for (;;) {
    const before = model.before(current);
    const [source] = before;
    if (before.length !== 1 || source === undefined) return false;
    if (model.hasKernel(source) || model.family(source) === 'activation') return model.ownActivation(source) === 'selu';
    if (!model.isLayout(source) && model.family(source) !== 'pooling') return false;
    current = source;
  }
}
