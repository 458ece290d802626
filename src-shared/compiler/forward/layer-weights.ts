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
  /** Weights by name, with the layer that requested it first. */
  readonly requested: Map<string, { readonly spec: WeightSpec; readonly by: ModelNode }>;
  /** Values that layers gave to weights that are not trained, by the weight's name. */
  readonly updates: Map<string, ValueId>;
}

/**
 * Functions by which a layer requests and updates weights, and adds penalties. They throw a
 * ShapeError for an invalid request.
 *
 * Layers that share weights get the same state, with one penalty. After a layer has updated a weight,
 * later layers get the new value, as in Keras: the second call of a BatchNormalization continues from
 * the statistics of the first.
 * @param owner The layer that has the weights; usually `node`.
 * @param prefix Prefix of the weights' state names.
 */
export function layerWeights(
  builder: ProgramBuilder,
  node: ModelNode,
  owner: ModelNode,
  prefix: string,
  { weights, penalties, requested, updates }: LayerState,
): Pick<LayerContext, 'weight' | 'penalize' | 'updateWeight'> {
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
      const state = `${prefix}/${name}`;
      const known = requested.get(state);
      if (known !== undefined) {
        requireSameShape(name, shape, known.spec.shape, known.by);
        const updated = updates.get(state);
        // As in Keras, no gradient passes through a weight that a layer has set.
        return updated === undefined ? builder.state(state, 'float32', shape) : builder.plain('stopGradient', updated);
      }
      const value = builder.state(state, 'float32', shape);
      const trainable = request.trainable && !owner.frozen;
      const learningRateMultiplier = learningRateMultiplierOf(owner.params);
      const ones = request.startAtOne === undefined ? {} : { startAtOne: request.startAtOne };
      const { id: nodeId, name: layer, frozen } = owner;
      const spec = {
        name: state,
        nodeId,
        layer,
        frozen,
        shape,
        initializer,
        ...ones,
        constraint,
        trainable,
        learningRateMultiplier,
      };
      weights.push(spec);
      requested.set(state, { spec, by: node });
      // As Keras, no penalty on weights that are not trained.
      if (regularizer !== null && trainable) count(() => penalty(name, regularizer, value));
      return value;
    },
    penalize: (regularizer, value) =>
      count(() => builder.divide(penalty('its activity', regularizer, value), builder.dimSize(value, 0))),
    updateWeight: (name, value) => updates.set(`${prefix}/${name}`, value),
  };
}

/** @param by Layer that shares the weight. */
function requireSameShape(name: string, received: readonly number[], expected: readonly number[], by: ModelNode): void {
  if (received.join() === expected.join()) return;
  const show = (shape: readonly number[]): string => shape.join(' × ');
  throw new ShapeError(
    `Expected ${name} of ${show(expected)}, which it shares with '${by.name}'; received an input for ${show(received)}. Connect an input of the same size, or use separate weights.`,
  );
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
