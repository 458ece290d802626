import { describe, expect, test } from 'vitest';
import { compileModel } from '../../src-shared/diagnostics/compile-model.ts';
import type { ModelFeatures } from '../../src-shared/diagnostics/analyze.ts';
import type { CompiledModel } from '../../src-shared/compiler/graph/compiled.ts';
import { countsUpdates } from '../../src-shared/compiler/optimizers/update-rules.ts';
import { reportedMetrics } from '../../src-shared/compiler/goals/report.ts';
import { initialWeights } from '../../src-shared/compiler/forward/initial-weights.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import type { OpName, Program } from '../../src-shared/program/language/types.ts';
import { validateProgram } from '../../src-shared/program/builder/validate.ts';
import { defaultOptimizer, optimizerKinds } from '../../src-shared/training/configuration/optimizers.ts';
import type { TrainingConfiguration } from '../../src-shared/training/configuration/configuration.ts';
import type { MonitoredMetric } from '../../src-shared/training/callbacks/monitor.ts';
import { leastCpuTimes } from '../support/cpu-time.ts';
import { compileOutputFixture, documentOf, fixtureFeatures, outputFixtures } from '../support/output-fixtures.ts';
import {
  classFeatures,
  cnnDocument,
  configurationWith,
  dense,
  mlpDocument,
  numericFeatures,
  sequentialDocument,
} from '../support/documents.ts';

const images = classFeatures([28, 28, 1], 10);
const sgd = { kind: 'sgd', learningRate: 0.01, momentum: 0, nesterov: false } as const;

function compiled(
  document: ModelDocument,
  features: ModelFeatures,
  changes: Partial<TrainingConfiguration> = {},
): CompiledModel {
  const result = compileModel(document, features, configurationWith(changes));
  if (!result.ok) throw new Error(result.problems.map((problem) => problem.message).join('\n'));
  for (const program of [result.model.programs.train, result.model.programs.evaluate, result.model.programs.predict]) {
    expect(validateProgram(program)).toEqual([]);
  }
  return result.model;
}

const ops = (program: Program): OpName[] => program.operations.map((operation) => operation.op);
const updated = (program: Program): string[] =>
  program.state.filter((entry) => entry.update !== undefined).map((entry) => entry.name);

test.each(outputFixtures().map((fixture) => ({ name: fixture.name, fixture })))(
  'reportedMetrics names the metrics of a compiled model and their directions: $name',
  ({ fixture }) => {
    const { metrics } = compileOutputFixture(fixture);
    const named = reportedMetrics(
      documentOf(fixture.nodes),
      fixtureFeatures(fixture),
      () => null,
      configurationWith(fixture.goals),
    );
    const plain = (list: readonly MonitoredMetric[]) => list.map(({ name, direction }) => ({ name, direction }));
    expect(plain(named)).toEqual(plain(metrics));
    expect(plain(named).length).toBeGreaterThan(0);
  },
);

test('784-300-100-10 compiles', () => {
  const model = compiled(mlpDocument(), images, { seed: 1 });
  expect(model.analysis.parameters).toBe(266_610);
  expect(model.weights.map((weight) => weight.name)).toEqual([
    'hidden1/kernel',
    'hidden1/bias',
    'hidden2/kernel',
    'hidden2/bias',
    'classes/kernel',
    'classes/bias',
  ]);
  expect(model.programs.train.inputs.map((input) => input.name)).toEqual(['x', 'y', 'learningRate']);
  expect(model.programs.evaluate.inputs.map((input) => input.name)).toEqual(['x', 'y']);
  expect(model.programs.predict.inputs.map((input) => input.name)).toEqual(['x']);
  expect(model.programs.train.outputs.map((output) => output.name)).toEqual(['report']);
  expect(model.programs.predict.outputs.map((output) => output.name)).toEqual(['prediction']);
});

test('compileModel returns problems instead of throwing', () => {
  const result = compileModel(sequentialDocument([dense(8, 'softmax')]), images, configurationWith({}));
  expect(result).toMatchObject({ ok: false, problems: [{ code: 'target/rank' }] });
});

test('compile time is linear in the number of layers', () => {
  const compilationOf = (count: number) => {
    const layers = Array.from({ length: count }, () => dense(16, 'relu'));
    const document = sequentialDocument([...layers, dense(10, 'softmax')]);
    return () => expect(compileModel(document, classFeatures([64], 10), configurationWith({})).ok).toBe(true);
  };
  const [few, many] = leastCpuTimes(3, compilationOf(20), compilationOf(80));
  expect(many! / few!).toBeLessThan(10);
});

describe('the training program', () => {
  test('holds no unneeded operations', () => {
    const { train } = compiled(mlpDocument(), images, { optimizer: sgd }).programs;
    const count = (op: OpName): number => ops(train).filter((name) => name === op).length;
    // Three products forward, three for kernels, two for inputs. Softmax exists only inside the loss.
    expect(count('matMul')).toBe(8);
    expect(count('softmax')).toBe(0);
    expect(count('broadcastLike')).toBe(0);
    expect(count('sparseSoftmaxCrossEntropy')).toBe(1);
    expect(train.operations).toHaveLength(43);
  });

  test('updates trainable weights, slots and the step, and lists the state to initialize', () => {
    const model = compiled(mlpDocument(), images);
    const slots = model.slots.map((slot) => slot.name);
    expect(slots).toHaveLength(2 + 2 * 6);
    expect(slots.slice(0, 4)).toEqual([
      'optimizer/step',
      'optimizer/hidden1/kernel/updates',
      'optimizer/hidden1/kernel/momentum',
      'optimizer/hidden1/kernel/velocity',
    ]);
    expect(updated(model.programs.train).sort()).toEqual(
      [...slots, ...model.weights.map((weight) => weight.name)].sort(),
    );
    expect(updated(model.programs.evaluate)).toEqual([]);
    expect(updated(model.programs.predict)).toEqual([]);
  });

  test('weights that have been updated equally often share counters, without which an optimizer has none', () => {
    const groupOf = (weight: string): string => (weight.startsWith('hidden') ? 'few' : 'many');
    const counters = (kind: 'nadam' | 'rmsprop'): Record<string, readonly string[]> => {
      const configuration = configurationWith({ optimizer: defaultOptimizer(kind) });
      const result = compileModel(mlpDocument(), images, configuration, groupOf);
      if (!result.ok) throw new Error('Expected a model without problems.');
      expect(validateProgram(result.model.programs.train)).toEqual([]);
      const scalars = result.model.slots.filter(({ shape, name }) => shape.length === 0 && name !== 'optimizer/step');
      return Object.fromEntries(scalars.map(({ name, equal }) => [name, equal ?? []]));
    };
    const others = (slot: string) => ({
      [`optimizer/hidden1/kernel/${slot}`]: ['hidden1/bias', 'hidden2/kernel', 'hidden2/bias'].map(
        (weight) => `optimizer/${weight}/${slot}`,
      ),
      [`optimizer/classes/kernel/${slot}`]: [`optimizer/classes/bias/${slot}`],
    });
    expect(counters('nadam')).toEqual({ ...others('updates'), ...others('u_product') });
    expect(counters('rmsprop')).toEqual({});
  });

  test.each(optimizerKinds)('%s counts updates only if it is said to', (kind) => {
    const { slots } = compiled(mlpDocument(), images, { optimizer: defaultOptimizer(kind) });
    expect(slots.some(({ name }) => name.endsWith('/updates'))).toBe(countsUpdates(kind));
  });

  test.each([
    [{ ...sgd }, ['optimizer/step'], 'applyGradientDescent'],
    [
      { ...sgd, momentum: 0.9 },
      ['optimizer/step', 'optimizer/head/kernel/momentum', 'optimizer/head/bias/momentum'],
      'applyMomentum',
    ],
  ] as const)('optimizer %j has slots %j', (optimizer, slots, op) => {
    const model = compiled(sequentialDocument([dense(3, 'softmax', { name: 'head' })]), classFeatures([4], 3), {
      optimizer,
    });
    expect(model.slots.map((slot) => slot.name)).toEqual(slots);
    expect(ops(model.programs.train)).toContain(op);
  });

  test('a frozen prefix has no gradient, no update and no slots', () => {
    const document = mlpDocument();
    for (const name of ['hidden1', 'hidden2']) document.nodes.find((node) => node.name === name)!.frozen = true;
    const model = compiled(document, images);
    expect(model.programs.train.operations.filter(({ scope }) => /^(hidden|flatten).*gradient/.test(scope))).toEqual(
      [],
    );
    // Three products forward, one for the last kernel.
    expect(ops(model.programs.train).filter((op) => op === 'matMul')).toHaveLength(4);
    expect(updated(model.programs.train).sort()).toEqual([
      'classes/bias',
      'classes/kernel',
      'optimizer/classes/bias/momentum',
      'optimizer/classes/bias/velocity',
      'optimizer/classes/kernel/momentum',
      'optimizer/classes/kernel/updates',
      'optimizer/classes/kernel/velocity',
      'optimizer/step',
    ]);
    expect(model.weights.filter((weight) => weight.trainable).map((weight) => weight.layer)).toEqual([
      'classes',
      'classes',
    ]);
  });

  test('a frozen layer in the middle passes gradients and does not change', () => {
    const document = mlpDocument();
    document.nodes.find((node) => node.name === 'hidden2')!.frozen = true;
    const model = compiled(document, images, { optimizer: sgd });
    expect(updated(model.programs.train)).not.toContain('hidden2/kernel');
    expect(updated(model.programs.train)).toContain('hidden1/kernel');
    expect(ops(model.programs.train).filter((op) => op === 'matMul')).toHaveLength(7);
  });

  test('dropout exists only in training, with one key for each layer, and not at rate 0', () => {
    const model = compiled(cnnDocument(), images, { seed: 1 });
    const keys = (program: Program): string[] =>
      program.operations.flatMap(({ op, attributes }) => (op === 'randomUniform' ? [attributes.key.join()] : []));
    expect(new Set(keys(model.programs.train)).size).toBe(2);
    expect(keys(model.programs.evaluate)).toEqual([]);
    expect(keys(model.programs.predict)).toEqual([]);
    expect(keys(compiled(cnnDocument(), images, { seed: 2 }).programs.train)).not.toEqual(keys(model.programs.train));
    expect(keys(compiled(cnnDocument(), images, { seed: 1 }).programs.train)).toEqual(keys(model.programs.train));
    const none = sequentialDocument([{ kind: 'Dropout', params: { rate: 0 } }, dense(3, 'softmax')]);
    expect(keys(compiled(none, classFeatures([4], 3)).programs.train)).toEqual([]);
  });

  test('excludes layers that do not lead to the Output', () => {
    const document = mlpDocument();
    document.nodes.push({ ...document.nodes[2]!, id: 'side', name: 'side' });
    document.edges.push({ id: 'side', source: 'hidden1', target: 'side' });
    const model = compiled(document, images);
    expect(model.weights.some((weight) => weight.layer === 'side')).toBe(false);
    expect(model.programs.train.state.some((entry) => entry.name.startsWith('side/'))).toBe(false);
  });
});

describe('loss from logits', () => {
  const losses: readonly [TrainingConfiguration['loss'], number, string, OpName][] = [
    ['auto', 3, 'softmax', 'sparseSoftmaxCrossEntropy'],
    ['categoricalCrossentropy', 3, 'softmax', 'softmaxCrossEntropy'],
    ['binaryCrossentropy', 1, 'sigmoid', 'softplus'],
  ];

  test.each(losses)('%s with %i %s', (loss, units, activation, op) => {
    const features = classFeatures([4], units === 1 ? 2 : units);
    const inside = compiled(sequentialDocument([dense(units, activation)]), features, { loss });
    const separate = sequentialDocument([dense(units), { kind: 'Activation', params: { activation } }]);
    const after = compiled(separate, features, { loss });
    for (const { train, evaluate } of [inside.programs, after.programs]) {
      expect(ops(train)).toContain(op);
      expect(ops(evaluate)).toContain(op);
      expect(ops(train)).not.toContain('log');
      expect(ops(train)).not.toContain('maximum');
    }
  });

  test('is computed from clipped probabilities without logits', () => {
    const document = sequentialDocument([dense(3, 'softmax'), { kind: 'Flatten' }]);
    const { train } = compiled(document, classFeatures([1, 4], 3)).programs;
    expect(ops(train)).toEqual(expect.arrayContaining(['softmax', 'maximum', 'minimum', 'log']));
  });
});

describe('the report', () => {
  test('holds the loss, and each metric as sum and count', () => {
    const model = compiled(sequentialDocument([dense(1)]), numericFeatures([4]), {
      metrics: ['mae', 'mse', 'rmse', 'mae'],
    });
    expect(model.reportLength).toBe(7);
    expect(model.metrics.map(({ name, offset, length }) => [name, offset, length])).toEqual([
      ['mae', 1, 2],
      ['mse', 3, 2],
      ['rmse', 5, 2],
    ]);
    expect(model.metrics.map((metric) => metric.finalize([18, 2]))).toEqual([9, 9, 3]);
    const report = model.programs.train.values[model.programs.train.outputs[0]!.value];
    expect(report).toEqual({ dtype: 'float32', shape: [7] });
  });

  test('numbers metrics of the same name with different options, as Keras does', () => {
    const model = compiled(sequentialDocument([dense(1, 'sigmoid')]), classFeatures([4], 2), {
      metrics: ['precision', { name: 'precision', threshold: 0.9 }, { name: 'precision', threshold: 0.5 }],
    });
    expect(model.metrics.map(({ name, offset }) => [name, offset])).toEqual([
      ['precision', 1],
      ['precision_1', 3],
    ]);
  });

  test('defaults to accuracy for classes and mae for numbers', () => {
    expect(compiled(mlpDocument(), images).metrics.map((metric) => metric.name)).toEqual(['accuracy']);
    const number = compiled(sequentialDocument([dense(1)]), numericFeatures([4]));
    expect(number.metrics.map((metric) => metric.name)).toEqual(['mae']);
  });
});

describe('initial weights', () => {
  const model = compiled(mlpDocument(), images);
  const weights = initialWeights(model, 1);

  test('match their shapes in size', () => {
    for (const { name, shape } of model.weights) {
      expect(weights.get(name), name).toHaveLength(shape.reduce((product, size) => product * size, 1));
    }
    expect(weights.get('hidden1/bias')!.every((value) => value === 0)).toBe(true);
  });

  test('depend only on the seed and their name', () => {
    expect(initialWeights(model, 1)).toEqual(weights);
    expect(initialWeights(model, 2).get('classes/kernel')).not.toEqual(weights.get('classes/kernel'));
    const [first] = model.weights;
    expect(initialWeights({ weights: [first!] }, 1).get(first!.name)).toEqual(weights.get(first!.name));
  });
});
