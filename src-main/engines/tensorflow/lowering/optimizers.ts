import { attribute } from '../graph/graph-builder.ts';
import { DataType } from '../graph/graph-def.ts';
import { at } from './lowering.ts';
import type { LoweringTable } from './lowering.ts';
import type { GraphBuilder, Output } from '../graph/graph-builder.ts';

type Optimizers = 'applyGradientDescent' | 'applyMomentum' | 'applyAdam';

type BinaryOp = 'AddV2' | 'Sub' | 'Mul' | 'RealDiv';

function binary(graph: GraphBuilder, op: BinaryOp, left: Output, right: Output): Output {
  return graph.output({ op, inputs: [left, right], attributes: { T: attribute.type(DataType.float) } });
}

function unary(graph: GraphBuilder, op: 'Sqrt' | 'Square', value: Output): Output {
  return graph.output({ op, inputs: [value], attributes: { T: attribute.type(DataType.float) } });
}

/**
 * Optimizer updates as plain arithmetic, for programs that read an updated value again. If an
 * update only replaces state, `updates.ts` uses kernels that work in place.
 */
export const optimizerLowerings: LoweringTable<Optimizers> = {
  applyGradientDescent: ({ graph, inputs }) => {
    const [variable, learningRate, gradient] = [at(inputs, 0), at(inputs, 1), at(inputs, 2)];
    return [binary(graph, 'Sub', variable, binary(graph, 'Mul', learningRate, gradient))];
  },

  applyMomentum: ({ graph, inputs, attributes }) => {
    const [variable, velocity, learningRate] = [at(inputs, 0), at(inputs, 1), at(inputs, 2)];
    const [momentum, gradient] = [at(inputs, 3), at(inputs, 4)];
    const descent = binary(graph, 'Mul', learningRate, gradient);
    const newVelocity = binary(graph, 'Sub', binary(graph, 'Mul', momentum, velocity), descent);
    const move = attributes.nesterov
      ? binary(graph, 'Sub', binary(graph, 'Mul', momentum, newVelocity), descent)
      : newVelocity;
    return [binary(graph, 'AddV2', variable, move), newVelocity];
  },

  applyAdam: ({ graph, inputs, attributes }) => {
    const [variable, m, v, learningRate] = [at(inputs, 0), at(inputs, 1), at(inputs, 2), at(inputs, 3)];
    const [beta1Power, beta2Power, gradient] = [at(inputs, 4), at(inputs, 5), at(inputs, 6)];
    const one = graph.float(1);
    const towards = (value: Output, target: Output, beta: number): Output =>
      binary(graph, 'AddV2', value, binary(graph, 'Mul', binary(graph, 'Sub', target, value), graph.float(1 - beta)));
    const newM = towards(m, gradient, attributes.beta1);
    const newV = towards(v, unary(graph, 'Square', gradient), attributes.beta2);
    const correction = binary(
      graph,
      'RealDiv',
      unary(graph, 'Sqrt', binary(graph, 'Sub', one, beta2Power)),
      binary(graph, 'Sub', one, beta1Power),
    );
    const alpha = binary(graph, 'Mul', learningRate, correction);
    const divisor = binary(graph, 'AddV2', unary(graph, 'Sqrt', newV), graph.float(attributes.epsilon));
    const move = binary(graph, 'RealDiv', binary(graph, 'Mul', alpha, newM), divisor);
    return [binary(graph, 'Sub', variable, move), newM, newV];
  },
};
