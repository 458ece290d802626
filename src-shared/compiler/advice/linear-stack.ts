import { title } from '../graph.ts';
import { advice } from './advised-model.ts';
import type { Advice } from './advised-model.ts';

/** Two linear maps, one after the other, are one linear map; a narrow one between them has its own purpose. */
export const linearStack: Advice = (model) =>
  model.layers.flatMap((node) => {
    const [next, ...others] = model.after(node);
    if (node.kind !== 'Dense' || node.frozen || !model.isLinear(node)) return [];
    if (next?.kind !== 'Dense' || others.length > 0) return [];
    const [units, wanted] = [node, next].map((layer) => Number(model.params(layer)['units']));
    const isNarrow = units! < Number(model.inputShape(node)?.at(-1)) && units! < wanted!;
    if (isNarrow || model.params(node)['activityRegularizer'] !== null) return [];
    const message = `${title(node)} has no activation, so it and ${title(next)} can learn no more than one layer. Give it an activation, such as relu.`;
    const params = { nodeId: node.id, name: 'activation', value: 'relu' };
    const fix = { label: `Set activation of '${node.name}' to relu`, action: 'set-param', params } as const;
    return [advice('linear-stack', node, message, [fix], 'activation')];
  });
