import { traitsOf } from '../../layers/catalog/catalog.ts';
import { showShape } from '../../program/language/shape.ts';
import { title } from '../../compiler/graph/graph.ts';
import { advice } from './advised-model.ts';
import type { Advice } from './advised-model.ts';

/** Dense works along the last axis: on images it combines the channels of one pixel only. */
export const denseOnImages: Advice = (model) =>
  model.layers.flatMap((node) => {
    const shape = model.inputShape(node);
    if (traitsOf(node).lastAxisOnly !== true || shape === null || shape.length < 4) return [];
    const message = `${title(node)} expected one row of features for each example; received ${showShape(shape)} and combines only the values of the last axis. Insert Flatten before it.`;
    const params = { nodeId: node.id, kind: 'Flatten', params: {} };
    const fix = { label: `Insert Flatten before '${node.name}'`, action: 'insert-before', params } as const;
    return [advice('dense-on-images', node, message, [fix])];
  });
