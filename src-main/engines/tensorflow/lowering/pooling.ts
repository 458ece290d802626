import { attribute } from '../graph/graph-builder.ts';
import { DataType } from '../graph/graph-def.ts';
import { at } from './lowering.ts';
import { shapeOf } from './shape.ts';
import type { LoweringTable } from './lowering.ts';
import type { Attributes } from '../graph/graph-def.ts';
import type { Pool2dAttributes } from '../../../../src-shared/program/language/types.ts';

const FLOAT = attribute.type(DataType.float);

function poolAttributes(pool: Pool2dAttributes): Attributes {
  return {
    T: FLOAT,
    ksize: attribute.ints([1, ...pool.poolSize, 1]),
    strides: attribute.ints([1, ...pool.strides, 1]),
    padding: attribute.string(pool.padding.toUpperCase()),
  };
}

export const poolingLowerings: LoweringTable<
  'maxPool2d' | 'maxPool2dGradient' | 'averagePool2d' | 'averagePool2dGradient'
> = {
  maxPool2d: ({ graph, inputs, attributes }) => [
    graph.output({ op: 'MaxPool', inputs, attributes: poolAttributes(attributes) }),
  ],
  maxPool2dGradient: ({ graph, inputs, attributes }) => [
    graph.output({ op: 'MaxPoolGrad', inputs, attributes: poolAttributes(attributes) }),
  ],
  averagePool2d: ({ graph, inputs, attributes }) => [
    graph.output({ op: 'AvgPool', inputs, attributes: poolAttributes(attributes) }),
  ],
  averagePool2dGradient: ({ graph, inputs, inputTypes, attributes }) => [
    graph.output({
      op: 'AvgPoolGrad',
      inputs: [shapeOf(graph, at(inputs, 0), at(inputTypes, 0)), at(inputs, 1)],
      attributes: poolAttributes(attributes),
    }),
  ],
};
