import { title } from '../../compiler/graph/graph.ts';
import { advice } from './advised-model.ts';
import type { Advice } from './advised-model.ts';

/** Softmax of softmax: the loss treats the probabilities of the first one as logits, which slows down learning. */
export const repeatedSoftmax: Advice = (model) =>
  model.layers.flatMap((node) => {
    const [source] = model.before(node);
    if (model.family(node) !== 'activation' || source === undefined) return [];
    if (model.ownActivation(node) !== 'softmax' || model.ownActivation(source) !== 'softmax') return [];
    const message = `${title(node)} expected logits; received probabilities from ${title(source)}. Remove one of the two.`;
    const fix = { label: `Remove '${node.name}'`, action: 'take-out', params: { nodeId: node.id } } as const;
    return [advice('repeated-softmax', node, message, [fix])];
  });
