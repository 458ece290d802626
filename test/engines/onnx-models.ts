import type { HostTensor } from '../../src-main/engines/interface/engine.ts';
import type { CompiledModel, SlotSpec, WeightSpec } from '../../src-shared/compiler/graph/compiled.ts';
import { gradients } from '../../src-shared/program/gradients/autodiff.ts';
import { ProgramBuilder } from '../../src-shared/program/builder/builder.ts';
import { uniform } from '../../src-shared/program/random/philox.ts';
import type { Program, ValueId } from '../../src-shared/program/language/types.ts';

/**
 * Classifiers written directly in operations, which test the engine without documents and layers. The report is
 * [mean loss, correct answers].
 */
export interface TestModel {
  readonly inputShape: readonly number[];
  readonly classes: number;
  readonly weights: Readonly<Record<string, readonly number[]>>;
  readonly optimizer: 'sgd' | 'adam';
  logits(builder: ProgramBuilder, x: ValueId, weight: (name: string) => ValueId, step: ValueId | null): ValueId;
}

/** Dense layers with relu between them. */
export function denseModel(units: readonly number[], optimizer: 'sgd' | 'adam'): TestModel {
  const weights: Record<string, readonly number[]> = {};
  units.slice(1).forEach((count, index) => {
    weights[`dense${index}/kernel`] = [units[index]!, count];
    weights[`dense${index}/bias`] = [count];
  });
  return {
    inputShape: [units[0]!],
    classes: units.at(-1)!,
    weights,
    optimizer,
    logits(builder, x, weight) {
      let value = x;
      for (let index = 0; index < units.length - 1; index++) {
        const product = builder.matMul(value, weight(`dense${index}/kernel`));
        value = builder.add(product, weight(`dense${index}/bias`));
        if (index < units.length - 2) value = builder.plain('relu', value);
      }
      return value;
    },
  };
}

export function compileTestModel(model: TestModel): CompiledModel {
  const names = Object.keys(model.weights);
  const slots: SlotSpec[] = [{ name: 'step', dtype: 'int32', shape: [], initial: 0 }];
  if (model.optimizer === 'adam') {
    for (const name of names) {
      for (const slot of ['m', 'v']) {
        slots.push({ name: `${name}/${slot}`, dtype: 'float32', shape: model.weights[name]!, initial: 0 });
      }
    }
  }
  return {
    programs: { train: trainProgram(model), evaluate: evaluateProgram(model), predict: predictProgram(model) },
    weights: names.map((name): WeightSpec => ({
      name,
      nodeId: name,
      layer: name.split('/')[0]!,
      shape: model.weights[name]!,
      initializer: name.endsWith('bias') ? 'zeros' : 'heUniform',
      constraint: null,
      frozen: false,
      trainable: true,
      learningRateMultiplier: 1,
    })),
    slots,
    outputs: [{ nodeId: 'output', name: 'output', targets: [0], reproduces: null, logits: false, margins: false }],
    reportLength: 2,
    augmentations: [],
    metrics: [],
    analysis: { nodes: new Map(), inside: new Map(), problems: [], parameters: 0, trainableParameters: 0 },
  };
}

/** Weights from their initializers and one key, and slots with their initial values. */
export function initialState({ weights, slots }: CompiledModel, seed = 1): Map<string, HostTensor> {
  const state = new Map<string, HostTensor>();
  weights.forEach(({ name, shape, initializer }, index) => {
    const count = shape.reduce((product, extent) => product * extent, 1);
    const data = new Float32Array(count);
    if (initializer === 'heUniform') {
      const fanIn = count / shape.at(-1)!;
      const limit = Math.sqrt(6 / fanIn);
      uniform([seed, index], 0, count).forEach((value, position) => (data[position] = (2 * value - 1) * limit));
    }
    state.set(name, { dtype: 'float32', shape, data });
  });
  for (const { name, dtype, shape, initial } of slots) {
    const count = shape.reduce((product, extent) => product * extent, 1);
    if (dtype === 'int32') state.set(name, { dtype, shape, data: new Int32Array(count).fill(initial) });
    else state.set(name, { dtype, shape, data: new Float32Array(count).fill(initial) });
  }
  return state;
}

interface Forward {
  readonly builder: ProgramBuilder;
  readonly weight: (name: string) => ValueId;
  readonly logits: ValueId;
}

function forward(model: TestModel, training: boolean): Forward {
  const builder = new ProgramBuilder();
  const x = builder.input('x', 'float32', [null, ...model.inputShape]);
  const weight = (name: string): ValueId => builder.state(name, 'float32', model.weights[name]!);
  const step = training ? builder.state('step', 'int32', []) : null;
  return { builder, weight, logits: builder.within('model', () => model.logits(builder, x, weight, step)) };
}

function predictProgram(model: TestModel): Program {
  const { builder, logits } = forward(model, false);
  builder.output('prediction', builder.plain('softmax', logits));
  return builder.build();
}

/** @returns The batch's mean loss. */
function addReport(builder: ProgramBuilder, logits: ValueId): ValueId {
  const labels = builder.reshape(builder.input('y', 'int32', [null, 1]), [null]);
  const [losses] = builder.op('sparseSoftmaxCrossEntropy', [logits, labels], {});
  const loss = builder.divide(builder.reduceSum(losses, [0]), builder.dimSize(labels, 0));
  const hits = builder.cast(builder.plain('equal', builder.argMax(logits, 1), labels), 'float32');
  const report = [loss, builder.reduceSum(hits, [0])].map((value) => builder.reshape(value, [1]));
  builder.output('report', builder.concat(report, 0));
  return loss;
}

function evaluateProgram(model: TestModel): Program {
  const { builder, logits } = forward(model, false);
  addReport(builder, logits);
  return builder.build();
}

function trainProgram(model: TestModel): Program {
  const { builder, weight, logits } = forward(model, true);
  const learningRate = builder.input('learningRate', 'float32', []);
  const loss = addReport(builder, logits);
  const names = Object.keys(model.weights);
  const slopes = gradients(builder, loss, names.map(weight));
  const step = builder.state('step', 'int32', []);
  const next = builder.add(step, builder.constant('int32', [], [1]));
  builder.within('optimizer', () => {
    const power = (beta: number): ValueId =>
      builder.plain('power', builder.scalar(beta), builder.cast(next, 'float32'));
    names.forEach((name, index) => {
      const slope = slopes[index]!;
      if (model.optimizer === 'sgd') {
        builder.update(name, builder.plain('applyGradientDescent', weight(name), learningRate, slope));
        return;
      }
      const slots = ['m', 'v'].map((slot) => builder.state(`${name}/${slot}`, 'float32', model.weights[name]!));
      const updated = builder.op(
        'applyAdam',
        [weight(name), slots[0]!, slots[1]!, learningRate, power(0.9), power(0.999), slope],
        { beta1: 0.9, beta2: 0.999, epsilon: 1e-7 },
      );
      [name, `${name}/m`, `${name}/v`].forEach((state, output) => builder.update(state, updated[output]!));
    });
  });
  builder.update('step', next);
  return builder.build();
}
