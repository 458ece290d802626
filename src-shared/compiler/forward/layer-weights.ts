import type { ModelNode } from '../../document/schema/model-document.ts';
import { constraintShapeFault } from '../../layers/weights/constraint.ts';
import { initializerShapeFault } from '../../layers/weights/initializer.ts';
import type { LayerContext, WeightRequest } from '../../layers/definition/layer.ts';
import { regularizerShapeFault, emitPenalty } from '../../layers/weights/regularizer.ts';
import type { Regularizer } from '../../layers/weights/regularizer.ts';
import type { ProgramBuilder } from '../../program/builder/builder.ts';
import { ShapeError } from '../../program/language/shape.ts';
import type { ValueId } from '../../program/language/types.ts';
import { learningRateMultiplierOf } from '../../layers/parameters/training-parameters.ts';
import type { WeightSpec } from '../graph/compiled.ts';

/** 2 GiB of float32: the limit of engines and model files for one tensor. */
const MAX_WEIGHT_SIZE = 2 ** 29;

/** Collected while layers are emitted. */
export interface LayerState {
  readonly weights: WeightSpec[];
  /** float32 scalars that are added to the loss. */
  readonly penalties: ValueId[];
}

/**
 * Functions by which a layer requests weights and penalties. Both throw a ShapeError for an
 * invalid request.
 * @param prefix Prefix of the weights' state names.
 */
export function layerWeights(
  builder: ProgramBuilder,
  node: ModelNode,
  prefix: string,
  { weights, penalties }: LayerState,
): Pick<LayerContext, 'weight' | 'penalize'> {
  const penalty = (what: string, regularizer: Regularizer, value: ValueId): ValueId => {
    const fault = regularizerShapeFault(regularizer, builder.shapeOf(value));
    if (fault !== null) throw new ShapeError(`The regularizer of ${what} ${fault}`);
    return emitPenalty(builder, regularizer, value);
  };
  const count = (emit: () => ValueId): void => {
    penalties.push(builder.within(`${node.name}/regularizer`, emit));
  };
  return {
    weight: (request) => {
      requireWeight(request);
      const { name, shape, initializer, regularizer = null, constraint = null } = request;
      const value = builder.state(`${prefix}/${name}`, 'float32', shape);
      const trainable = request.trainable && !node.frozen;
      const spec = { name: `${prefix}/${name}`, nodeId: node.id, layer: node.name, frozen: node.frozen };
      const learningRateMultiplier = learningRateMultiplierOf(node.params);
      const ones = request.startAtOne === undefined ? {} : { startAtOne: request.startAtOne };
      weights.push({ ...spec, shape, initializer, ...ones, constraint, trainable, learningRateMultiplier });
      // As Keras, no penalty on weights that are not trained.
      if (regularizer !== null && trainable) count(() => penalty(name, regularizer, value));
      return value;
    },
    penalize: (regularizer, value) =>
      count(() => builder.divide(penalty('its activity', regularizer, value), builder.dimSize(value, 0))),
  };
}

function requireWeight({ name, shape, initializer, regularizer = null, constraint = null }: WeightRequest): void {
  const count = shape.reduce((product, size) => product * size, 1);
  if (count > MAX_WEIGHT_SIZE) {
    const received = `${name} of ${shape.join(' × ')}`;
    throw new ShapeError(
      `Expected at most ${MAX_WEIGHT_SIZE} values per weight; received ${received}. Make it smaller.`,
    );
  }
  const faults = [
    ['initializer', initializerShapeFault(initializer, shape)],
    ['regularizer', regularizer === null ? null : regularizerShapeFault(regularizer, shape)],
    ['constraint', constraint === null ? null : constraintShapeFault(constraint, shape)],
  ] as const;
  for (const [what, fault] of faults) {
    if (fault !== null) throw new ShapeError(`The ${what} of ${name} ${fault}`);
  }
}
