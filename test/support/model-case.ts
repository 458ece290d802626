import { adaptNormalization } from '../../src-shared/compiler/forward/adapt-normalization.ts';
import { expandBlocks } from '../../src-shared/compiler/expand/expand.ts';
import { emitForward } from '../../src-shared/compiler/forward/forward.ts';
import { readGraph } from '../../src-shared/compiler/graph/graph.ts';
import { readInputs } from '../../src-shared/compiler/graph/inputs.ts';
import { gradients } from '../../src-shared/program/gradients/autodiff.ts';
import { ProgramBuilder } from '../../src-shared/program/builder/builder.ts';
import { simplify } from '../../src-shared/program/builder/simplify.ts';
import type { Program, Shape, ValueId } from '../../src-shared/program/language/types.ts';
import { Dice } from './dice.ts';
import type { RandomModel } from './random-model.ts';
import { interpret } from '../../src-shared/program/interpret/interpret.ts';
import { sizeOf, tensorOf } from '../../src-shared/program/interpret/tensor.ts';
import type { Tensor } from '../../src-shared/program/interpret/tensor.ts';

export const ROWS = 3;

/**
 * A model, usually in a training step, as a program without state: Inputs, weights and the step are fed. Outputs: the
 * value of every layer, 'loss', and a 'gradient_of_…' for every value it smoothly depends on.
 */
export interface ModelCase {
  readonly model: RandomModel;
  readonly program: Program;
  readonly feeds: ReadonlyMap<string, Tensor>;
  /** Inferred shapes of the layers' outputs, by the output's name. */
  readonly shapes: ReadonlyMap<string, Shape>;
  /** Names of differentiated inputs, and whether they have a gradient. */
  readonly differentiated: ReadonlyMap<string, boolean>;
}

export function modelCase(model: RandomModel): ModelCase {
  const dice = new Dice(model.seed, 'model-case');
  const read = readGraph(expandBlocks(model.document).document);
  const graph = adaptNormalization(read, readInputs(read, null).parts, null);
  const b = new ProgramBuilder();
  const feeds = new Map<string, Tensor>([['step', tensorOf('int32', [], [dice.below(1000)])]]);
  const step = b.input('step', 'int32', []);
  const differentiated = new Map<string, ValueId>();
  const { outputs, weights, penalties, problems } = emitForward(graph, b, {
    input: ({ id, params }) => {
      const shape = params['shape'] as number[];
      const value = b.input(id, 'float32', [null, ...shape]);
      const below = model.wholeBelow.get(id);
      const draw = (): number => (below === undefined ? 1.2 * dice.normal() : dice.below(below));
      const given = filled([ROWS, ...shape], draw);
      if (below !== undefined) {
        // Where all steps of a row are masked, their mean is not a number, as in Keras: the last step is not 0.
        const length = given.data.length / ROWS;
        for (let row = 1; row <= ROWS; row++) given.data[row * length - 1] = below - 1;
      }
      feeds.set(id, given);
      if (below === undefined) differentiated.set(id, value);
      return value;
    },
    training: dice.chance(80),
    seed: model.seed,
    step,
    prefix: (node) => node.id,
  });
  const wrong = problems.find(({ severity }) => severity === 'error');
  if (wrong !== undefined) throw new Error(wrong.message);
  for (const { name, shape, trainable } of weights) {
    // Stored variances are positive.
    feeds.set(
      name,
      filled(shape, () => (trainable ? 0.6 * dice.normal() : 0.5 + dice.unit())),
    );
    if (trainable) differentiated.set(name, b.state(name, 'float32', shape));
  }
  const parts = graph.order
    .filter(({ kind }) => kind === 'Output')
    .map(({ id }) => {
      const output = outputs.get(id)!;
      const shape = b.shapeOf(output).map((size) => size ?? ROWS);
      const weight = b.input(`weight_of_${id}`, 'float32', b.shapeOf(output));
      feeds.set(
        `weight_of_${id}`,
        filled(shape, () => dice.normal()),
      );
      return b.reduceSum(
        b.multiply(output, weight),
        shape.map((_, axis) => axis),
      );
    });
  const loss = [...parts, ...penalties].reduce((sum, part) => b.add(sum, part));
  const shapes = new Map<string, Shape>();
  for (const [id, value] of outputs) {
    if (graph.nodes.get(id)!.kind === 'Input') continue;
    b.output(`value_of_${id}`, value);
    shapes.set(`value_of_${id}`, b.shapeOf(value));
  }
  b.output('loss', loss);
  const names = [...differentiated.keys()];
  const found = gradients(b, loss, [...differentiated.values()]);
  names.forEach((name, i) => {
    if (found[i] != null) b.output(`gradient_of_${name}`, found[i]);
  });
  return {
    model,
    program: stateless(simplify(b.build())),
    feeds,
    shapes,
    differentiated: new Map(names.map((name, i) => [name, found[i] != null])),
  };
}

function filled(shape: readonly number[], draw: () => number): Tensor {
  // Engine inputs are float32.
  return tensorOf('float32', shape, Float32Array.from({ length: sizeOf(shape) }, draw));
}

/** Reads state as inputs and returns updates as outputs. */
function stateless({ values, inputs, state, operations, outputs }: Program): Program {
  return {
    values,
    inputs: [...inputs, ...state.map(({ name, value }) => ({ name, value }))],
    state: [],
    operations,
    outputs: [
      ...outputs,
      ...state.flatMap(({ name, update }) =>
        update === undefined ? [] : [{ name: `update_of_${name}`, value: update }],
      ),
    ],
  };
}

/** Slope of a model's loss along a random direction in all its inputs, by gradients and by differences. */
export interface Slopes {
  readonly gradient: number;
  /** Central differences with increasing steps; if they disagree, there is a kink in between. */
  readonly differences: readonly number[];
}

const STEPS = [1e-7, 1e-6, 1e-5];

/** @param attempt Selects the direction and the point. */
export function slopes({ model, program, feeds, differentiated }: ModelCase, attempt: number): Slopes {
  const dice = new Dice(model.seed, `slopes ${attempt}`);
  const point = new Map(feeds);
  const direction = new Map<string, Float64Array>();
  for (const name of differentiated.keys()) {
    const { dtype, shape, data } = feeds.get(name)!;
    if (attempt > 0)
      point.set(
        name,
        tensorOf(
          dtype,
          shape,
          data.map((value) => value + 0.1 * dice.normal()),
        ),
      );
    direction.set(
      name,
      data.map(() => dice.normal()),
    );
  }
  const at = (h: number): number => {
    const moved = [...direction].map(([name, way]) => {
      const { dtype, shape, data } = point.get(name)!;
      return [
        name,
        tensorOf(
          dtype,
          shape,
          data.map((value, i) => value + h * way[i]!),
        ),
      ] as const;
    });
    return interpret(program, new Map([...point, ...moved])).outputs.get('loss')!.data[0]!;
  };
  const { outputs } = interpret(program, point);
  let gradient = 0;
  for (const [name, way] of direction) {
    outputs.get(`gradient_of_${name}`)?.data.forEach((value, i) => (gradient += value * way[i]!));
  }
  return { gradient, differences: STEPS.map((h) => (at(h) - at(-h)) / (2 * h)) };
}
