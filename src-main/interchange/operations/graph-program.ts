import { RowCounts } from '../../../src-shared/layers/kinds/core/operations.ts';
import type { StoredWeight } from '../../../src-shared/layers/parameters/stored-program.ts';
import type { ProgramBuilder } from '../../../src-shared/program/builder/builder.ts';
import { elementCount } from '../../../src-shared/program/language/shape.ts';
import type { Shape, ValueId } from '../../../src-shared/program/language/types.ts';
import type { FileTensor } from '../importer/model-importer.ts';

/**
 * Batch sizes for which the arithmetic on shapes is computed. Both are primes that no other size of a model is a
 * multiple of: a result is the same for all batch sizes, or a multiple of the batch size, or refused.
 */
export const BATCH_SIZES = [7919, 104_729] as const;

/** What a tensor of the file is used for: its name in the node, whether it trains, and where it starts otherwise. */
export type WeightRole = Pick<StoredWeight, 'name' | 'trains' | 'initializer'>;

const role = (name: string, trains: boolean, initializer: StoredWeight['initializer']): WeightRole => ({
  name,
  trains,
  initializer,
});

/** Factors of products and convolutions, and summands, train. Statistics and other constants do not. */
export const roles = {
  kernel: role('kernel', true, 'glorotUniform'),
  bias: role('bias', true, 'zeros'),
  gamma: role('gamma', true, 'ones'),
  beta: role('beta', true, 'zeros'),
  movingMean: role('moving_mean', false, 'zeros'),
  movingVariance: role('moving_variance', false, 'ones'),
  alpha: role('alpha', true, 'zeros'),
  embeddings: role('embeddings', true, 'glorotUniform'),
  scale: role('scale', true, 'ones'),
  offset: role('offset', true, 'zeros'),
  constant: role('constant', false, 'ones'),
} as const;

/** The operation cannot be computed as the file says. The message is what was received. */
export class NodeRefusal extends Error {}

/** A weight of the program, by its tensor in the file. */
export interface ProgramWeight {
  readonly tensor: FileTensor;
  readonly role: WeightRole;
}

/** The program that is built of a graph. */
export class GraphProgram {
  readonly builder: ProgramBuilder;
  readonly rows: RowCounts;
  /** By the name of the state. */
  readonly weights = new Map<string, ProgramWeight>();
  /** The number of examples that the graph is for, whose axis is used as the batch axis; null: any number. */
  readonly fixedBatch: number | null;
  /** Inputs, for the number of examples. */
  readonly inputs: ValueId[] = [];
  /** Numbers of examples for which shapes are computed. */
  readonly sizesOfBatch = BATCH_SIZES;

  constructor(builder: ProgramBuilder, fixedBatch: number | null) {
    this.builder = builder;
    this.rows = new RowCounts(builder);
    this.fixedBatch = fixedBatch;
  }

  /** The first use decides what a weight is called. It trains if one of the uses trains it. */
  weight(tensor: FileTensor, as: WeightRole): ValueId {
    if (elementCount(tensor.shape) === 0) throw new NodeRefusal(`'${tensor.path}' without values`);
    const { role: known = as } = this.weights.get(tensor.path) ?? {};
    this.weights.set(tensor.path, { tensor, role: { ...known, trains: known.trains || as.trains } });
    return this.builder.state(tensor.path, 'float32', [...tensor.shape]);
  }

  /** The shape of a value for a batch size. */
  sizesFor(value: ValueId, batch: 0 | 1): number[] {
    return this.builder.shapeOf(value).map((size) => size ?? BATCH_SIZES[batch] * this.rows.of(value));
  }

  /** @param target For each batch size; -1: what is left. */
  reshape(x: ValueId, target: readonly [readonly number[], readonly number[]]): ValueId {
    const isBatched = this.builder.shapeOf(x).includes(null);
    const [a, b] = ([0, 1] as const).map((batch) => {
      const sizes = [...target[batch]];
      if (isBatched && this.fixedBatch !== null && sizes[0] === this.fixedBatch) sizes[0] = BATCH_SIZES[batch];
      const known = sizes.reduce((product, size) => (size === -1 ? product : product * size), 1);
      const rest = elementCount(this.sizesFor(x, batch)) / known;
      if (sizes.includes(-1)) return sizes.map((size) => (size === -1 ? rest : size));
      if (rest !== 1) throw new NodeRefusal(`a reshape to ${target[0].join(' × ')}`);
      return sizes;
    });
    const shape = a!.map((size, axis): number | null => {
      if (!Number.isInteger(size)) throw new NodeRefusal(`a reshape to ${target[0].join(' × ')}`);
      if (size === b![axis]) return size;
      if (axis === 0 && size % BATCH_SIZES[0] === 0 && size / BATCH_SIZES[0] === b![axis]! / BATCH_SIZES[1])
        return null;
      throw new NodeRefusal('a reshape that mixes the examples of a batch');
    });
    if (isBatched && shape[0] !== null) throw new NodeRefusal('a reshape that mixes the examples of a batch');
    return this.builder.reshape(x, shape);
  }

  /**
   * A value of a shape, of which only the shape is used. A batch axis is that of a value that has one.
   *
   * @param example A value that may have examples; otherwise an input is taken.
   */
  valueLike(shape: Shape, example: ValueId): ValueId {
    const { builder } = this;
    if (shape[0] !== null) return builder.constant('float32', shape as readonly number[], [0]);
    const source = [example, ...this.inputs].find(
      (value) => builder.shapeOf(value)[0] === null && this.rows.of(value) === 1,
    );
    if (source === undefined) throw new NodeRefusal('a shape for each example without examples');
    const { length } = builder.shapeOf(source);
    const first = builder.slice(builder.cast(source, 'float32'), new Array<number>(length).fill(0), [
      -1,
      ...new Array<number>(length - 1).fill(1),
    ]);
    const one = builder.reshape(first, [null, ...new Array<number>(shape.length - 1).fill(1)]);
    return builder.add(one, builder.constant('float32', shape.slice(1) as number[], [0]));
  }
}

/** @throws NodeRefusal for an axis that a tensor of this rank does not have. */
export function axisOf(axis: number, rank: number): number {
  const found = axis < 0 ? axis + rank : axis;
  if (Number.isInteger(found) && found >= 0 && found < rank) return found;
  throw new NodeRefusal(`axis ${axis} of ${rank} axes`);
}
